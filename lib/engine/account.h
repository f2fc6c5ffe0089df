/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Account: builds a snapshot from ports, program and workers' counters. Control thread.
 */
#ifndef ENGINE_ACCOUNT_H
#define ENGINE_ACCOUNT_H

#include "engine/program.h"
#include "engine/snapshot.h"
#include "engine/targets.h"
#include "engine/worker.h"
#include "port/ports.h"

/* What a snapshot is made of. What workers count is taken as collect.h knows it. */
struct account {
	const struct ports *ports;
	const struct program *program;
	const struct replays *replays;
	const struct changes *changes; /* NULL: none can have been */
	/* NULL: nobody looks for any. */
	const struct surges *surges;
	const struct stage_clock *clock;
	struct worker *const *workers;
	unsigned worker_count;
	uint64_t now_ns; /* on the engine's clock */
	/* Of targets, from before the workers were asked, but for what changes have settled. */
	struct target_done done;
};

/* The caller frees the result with snapshot_free; it holds copies of all names. NULL: no memory. */
struct snapshot *account_snapshot(const struct account *account);

#endif
