/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/obey.h"

#include <rte_mempool.h>

#include "core/banned.h"

void
lane_enter(struct replay_lane *lane, enum lane_state state)
{
	lane->state = state;
	lane->due_ns = 0;
	lane->is_pending = false;
	if (state == LANE_STOPPED || state == LANE_DONE) {
		rte_pktmbuf_free_bulk(lane->held, lane->waiting);
		lane->waiting = 0;
		if (lane->stash_count)
			rte_mempool_put_bulk(lane->plan->headers, (void **)lane->stash,
					     lane->stash_count);
		lane->stash_count = 0;
	}
}

static void
obeyed(struct replay_lane *lane)
{
	lane->is_pending = false;
	atomic_store_explicit(&lane->state_seen, lane->state, memory_order_relaxed);
	atomic_store_explicit(&lane->obeyed,
			      atomic_load_explicit(&lane->plan->ordered, memory_order_relaxed),
			      memory_order_release);
}

static void
start(struct replay_lane *lane, const struct lane_order *order)
{
	lane_enter(lane, LANE_RUNNING);
	lane->next = 0;
	lane->base_ns = 0;
	lane->published = 0;
	lane->units = (struct schedule_units){0};
	lane->pace = order->pace;
	lane->anchor = true;
	lane->anchor_ns = order->at_ns;
	lane->dry = true;
	lane->tally = (struct lane_tally){0};
}

void
lane_carry_out(struct replay_lane *lane, uint64_t due)
{
	if (lane->pending.verb == LANE_PAUSE) {
		lane_enter(lane, LANE_PAUSED);
	} else {
		lane->pace = lane->pending.pace;
		lane->anchor = true;
		lane->anchor_ns = due;
	}
	obeyed(lane);
}

void
lane_take_order(struct replay_lane *lane)
{
	const struct lane_order *order = &lane->plan->order;

	switch (order->verb) {
	case LANE_START:
		start(lane, order);
		break;
	case LANE_STOP:
		if (lane->state != LANE_DONE)
			lane_enter(lane, LANE_STOPPED);
		break;
	case LANE_RESUME:
		if (lane->state == LANE_PAUSED) {
			lane_enter(lane, LANE_RUNNING);
			lane->anchor = true;
			lane->anchor_ns = order->at_ns;
		}
		break;
	case LANE_PACE:
	case LANE_PAUSE:
		lane->pending = *order;
		lane->due_ns = 0;
		lane->is_pending = true;
		if (lane->state == LANE_RUNNING)
			return;
		/* Standing still: a pace is for when it goes on, and a pause is what there is. */
		if (order->verb == LANE_PACE)
			lane->pace = order->pace;
		break;
	}
	obeyed(lane);
}
