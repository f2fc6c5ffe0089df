/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Local: what one worker needs of its own to run a plan. One block of memory; parts that the plan has
 * no use for are absent (NULL).
 */
#ifndef CLASSIFY_LOCAL_H
#define CLASSIFY_LOCAL_H

#include "classify/cache.h"
#include "classify/plan.h"

struct local {
	struct cache_gate narrow_gate, wide_gate;
	struct cache_narrow *narrow;
	struct cache_wide *wide;
	uint32_t tick;

	struct burst_pass *passed; /* passes_max a packet */
	uint32_t *sources;         /* layer_count a packet: predicates that it holds */
	uint64_t *chosen;          /* a bit a condition; all 0 between packets */
	uint8_t *scratch;          /* FILTER_SNAP bytes */
} __attribute__((aligned(64)));

size_t local_size(const struct plan *plan);
void local_init(const struct plan *plan, struct local *local);

#endif
