/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside: what an engine is made of, for the files that have its functions.
 */
#ifndef ENGINE_INSIDE_H
#define ENGINE_INSIDE_H

#include "engine/change.h"
#include "engine/looks.h"
#include "engine/notice.h"
#include "engine/surges.h"

struct engine {
	struct worker_shared shared;
	struct ports ports;
	struct replays replays;
	struct service service;
	struct notice notice;
	struct worker *workers[CONFIG_WORKERS_MAX];
	unsigned worker_count;
	uint16_t cores[CONFIG_WORKERS_MAX];
	struct swap swap;
	struct changes changes;
	struct looks looks;
	struct surges surges;
	uint64_t started_ns;
	uint64_t asked_ns; /* when workers' counters were last asked for */
	unsigned applied, stalled;
	bool launched, drained;
	bool unsafe;
	uint64_t leaked;
};

#endif
