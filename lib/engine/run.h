/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Run: one burst through the program, whether its packets were received or replayed. Worker.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include <assert.h>
#include <rte_branch_prediction.h>

#include "engine/worker.h"

/* From a port that the program does not have: it has just gone. */
void run_strange(struct burst *burst);

/* Carries a burst out while somebody looks on. */
void run_seen(struct look_set *looks, const struct program_local *local, struct burst *burst,
	      uint16_t slot);

/* NULL: nobody looks. */
static inline struct look_set *
run_looks(const struct worker *worker)
{
	return atomic_load_explicit(&worker->shared->looks, memory_order_acquire);
}

/* This loop is most of what sluice adds to a burst that leaves as it came: by eight, so that each
 * packet costs two instructions. Eight frames' lengths fit 32 bits by far. */
static inline uint64_t
run_sum_lengths(struct rte_mbuf *const *packets, unsigned count)
{
	struct rte_mbuf *const *end = packets + count;
	uint64_t bytes = 0;

	for (; end - packets >= 8; packets += 8)
		bytes += packets[0]->pkt_len + packets[1]->pkt_len + packets[2]->pkt_len +
			 packets[3]->pkt_len + packets[4]->pkt_len + packets[5]->pkt_len +
			 packets[6]->pkt_len + packets[7]->pkt_len;
	for (; packets < end; packets++)
		bytes += (*packets)->pkt_len;
	return bytes;
}

static_assert(BURST_MAX >> TALLY_FILL_STEPS == 0, "a burst's fill has a step");

static inline void
run_count(struct tally *tally, unsigned count)
{
	tally->packets += count;
	tally->bursts++;
	tally->fill[tally_fill_step(count)]++;
}

/* What a burst begins with, once its packets are there. */
static inline void
run_begin(struct worker *worker, uint16_t slot, const struct frame_bounds *known)
{
	struct burst *burst = &worker->burst;

	burst->in = &burst->tally->ports[slot];
	burst->up = atomic_load_explicit(&worker->shared->up, memory_order_acquire);
	burst->bounds = known;
	burst->bytes = run_sum_lengths(burst->packets, burst->count);
}

/* Carries out a burst that came in on the port of a slot. */
static inline void
run_burst(const struct worker *worker, const struct program_local *local, struct burst *burst,
	  uint16_t slot)
{
	struct look_set *looks;

	burst->in_port = local->places[slot];
	if (unlikely(burst->in_port == PROGRAM_NOWHERE)) {
		run_strange(burst);
		return;
	}
	burst->parsed = false;
	burst->uniform = false;
	burst->timed = false;
	burst->hashed = false;
	burst->numbered = false;
	burst->entered = 0;
	burst->gated = BURST_ALL_PASS;
	burst->passed_count = 0;
	looks = run_looks(worker);
	if (likely(looks == NULL))
		program_run(local, burst);
	else
		run_seen(looks, local, burst, slot);
}

#endif
