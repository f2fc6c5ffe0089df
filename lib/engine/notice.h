/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notice: what the log says now and then of a port that loses packets before sluice has them, or
 * whose NIC calls checksums good that are not: at most a line a minute each, with what would mend
 * it. Control thread.
 */
#ifndef ENGINE_NOTICE_H
#define ENGINE_NOTICE_H

#include "engine/worker.h"
#include "port/ports.h"

enum notice_kind { NOTICE_MISSED, NOTICE_NO_MBUF, NOTICE_CHECKSUM, NOTICE_REFUSED, NOTICE_KINDS };

struct notice {
	uint64_t looked_ns;
	struct {
		uint64_t told, told_ns;
	} ports[CONFIG_PORTS_MAX][NOTICE_KINDS];
};

/* Call it as often as engine_tick; it asks the devices once a second. */
void notice_tick(struct notice *notice, const struct ports *ports, struct worker *const *workers,
		 unsigned worker_count, uint64_t now_ns);

#endif
