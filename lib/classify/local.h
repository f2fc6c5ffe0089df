/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Local: what one worker needs of its own to run a plan. One block of memory; parts that the plan
 * has no use for are absent (NULL).
 */
#ifndef CLASSIFY_LOCAL_H
#define CLASSIFY_LOCAL_H

#include "classify/cache.h"
#include "classify/plan.h"

/* Indices of packets in a burst. */
struct classify_some {
	unsigned count;
	uint8_t items[BURST_MAX + 1]; /* one more, so that appending needs no branch */
};

struct classify_local {
	struct cache_gate narrow_gate, wide_gate;
	cache_narrow_finder find_narrow;
	struct cache_narrow *narrow;
	struct cache_wide *wide;
	uint32_t tick;
	uint64_t wide_ports; /* bit i: the last burst of port i that was parsed had wide kinds */
	struct classify_some everyone; /* 0, 1, 2 and so on */

	struct burst_pass *passed; /* passes_max a packet */
	uint32_t *sources;         /* sources_max a packet: predicates that it holds */
	uint64_t *chosen;          /* a bit a condition; all 0 between packets */
	uint8_t *scratch;          /* EXPRESSION_SNAP bytes */
} __attribute__((aligned(64)));

size_t classify_local_size(const struct classify_plan *plan);
void classify_local_init(const struct classify_plan *plan, struct classify_local *local);

#endif
