/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reach: how far a lane has to go, over the entries of a loop and over loops. For this room alone;
 * worker.
 */
#ifndef REPLAY_REACH_H
#define REPLAY_REACH_H

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "replay/lane.h"

/* Times are taken off what a lane has counted of the capture's when they are so many: a loop fits
 * above it. */
#define REACH_BASE_MAX (UINT64_MAX / 4)

/* How far a limit lets it go: an entry of the loop that it is in, where loops are read from what
 * was kept. */
static inline uint64_t
reach_of(const struct replay_lane *lane)
{
	struct timeline *timeline = lane->plan->timeline;
	uint64_t limit = lane->plan->limit;

	if (likely(limit == 0))
		return UINT64_MAX;
	if (!timeline->resident || lane->tally.loops == 0)
		return limit;
	return limit -
	       lane->tally.loops * atomic_load_explicit(&timeline->end, memory_order_relaxed);
}

/* Whether no entry will come: the last loop is out, or the good part of files that broke, or all
 * that were asked for. */
static inline bool
reach_is_end(const struct replay_lane *lane)
{
	struct timeline *timeline = lane->plan->timeline;
	uint64_t end = atomic_load_explicit(&timeline->end, memory_order_acquire);

	if (lane->next == reach_of(lane))
		return true;
	return lane->next == end &&
	       (!timeline->resident || end == 0 || lane->tally.loops + 1 == lane->plan->loops ||
		atomic_load_explicit(&timeline->broken, memory_order_relaxed));
}

/* Nothing is published behind the lane: the end of a loop, the end of all, or a reader that is
 * behind. */
static inline bool
reach_next_loop(struct replay_lane *lane)
{
	struct timeline *timeline = lane->plan->timeline;

	if (lane->next != atomic_load_explicit(&timeline->end, memory_order_acquire) ||
	    reach_is_end(lane))
		return false;
	lane->tally.loops++;
	lane->next = 0;
	lane->base_ns += atomic_load_explicit(&timeline->period_ns, memory_order_relaxed);
	if (lane->base_ns > REACH_BASE_MAX) {
		schedule_rebase(&lane->schedule, lane->base_ns - lane->gap.cut_ns);
		gap_rebase(&lane->gap, lane->base_ns);
		lane->past_ns = schedule_later(lane->past_ns, lane->base_ns);
		lane->base_ns = 0;
	}
	return true;
}

/* The next entry, or NULL: none is there yet, or none will come. */
static inline const struct timeline_entry *
reach_peek(struct replay_lane *lane)
{
	struct timeline *timeline = lane->plan->timeline;

	if (unlikely(lane->next == lane->published)) {
		uint64_t published =
			atomic_load_explicit(&timeline->published, memory_order_acquire);

		lane->published = RTE_MIN(published, reach_of(lane));
		/* A resident lane in a later loop has its end where the loop ends. */
		if (lane->next == lane->published && !reach_next_loop(lane))
			return NULL;
		lane->published = RTE_MIN(published, reach_of(lane));
	}
	return &timeline->entries[lane->next & timeline->mask];
}

#endif
