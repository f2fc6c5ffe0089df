/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/obey.h"

#include <rte_mempool.h>
#include <string.h>

#include "core/banned.h"

/* A lane that is behind by more than this does not owe what it has not sent: orders don't wait for
 * it. */
#define BEHIND_NS 100000

/* Changes the state; a lane that stops gives back what it holds. */
static void
lane_enter(struct replay_lane *lane, enum lane_state state)
{
	lane->state = state;
	lane->due_ns = 0;
	lane->waits = false;
	lane->is_pending = false;
	if (state == LANE_STOPPED || state == LANE_DONE) {
		rte_pktmbuf_free_bulk(lane->held, lane->waiting);
		lane->tally.packet -= lane->waiting;
		lane->tally.waiting = lane->waiting = 0;
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
	/* A lane that ends by itself has obeyed before: what it wrote until then is seen by its
	 * state alone. */
	atomic_store_explicit(&lane->state_seen, lane->state, memory_order_release);
	atomic_store_explicit(&lane->obeyed,
			      atomic_load_explicit(&lane->taken, memory_order_relaxed),
			      memory_order_release);
}

/* The order matters: whoever sees that a lane is done may begin anew with all that it wrote, so it
 * writes nothing afterwards. */
void
lane_finish(struct replay_lane *lane)
{
	struct timeline *timeline = lane->plan->timeline;

	/* That it was the end was not known yet: there was nothing to wait for. */
	if (lane->dry && lane->next > 0 && !lane->plan->stamp)
		lane->tally.underruns--;
	/* What broke, or was not gone through, is no loop. */
	lane->tally.loops +=
		lane->next == atomic_load_explicit(&timeline->end, memory_order_relaxed) &&
		!atomic_load_explicit(&timeline->broken, memory_order_relaxed);
	lane_enter(lane, LANE_DONE);
	obeyed(lane);
}

static void
move(struct replay_lane *lane, uint64_t by_ns)
{
	uint64_t *anchor_ns = lane->anchor ? &lane->anchor_ns : &lane->schedule.anchor_ns;

	*anchor_ns = schedule_later(*anchor_ns, by_ns);
	lane->gap.due_ns = schedule_later(lane->gap.due_ns, by_ns);
}

void
lane_shift(struct replay_lane *lane, uint64_t by_ns)
{
	struct lane_plan *plan = lane->plan;
	uint64_t wanted = lane->shift_ns + by_ns;
	uint64_t shift = atomic_load_explicit(&plan->shift_ns, memory_order_relaxed);

	/* Lanes that were late together share one shift, the greatest. */
	while (shift < wanted && !atomic_compare_exchange_weak(&plan->shift_ns, &shift, wanted))
		;
	if (shift < wanted)
		shift = wanted;
	move(lane, shift - lane->shift_ns);
	lane->shift_ns = shift;
	lane->tally.shifted_ns = shift;
}

/* The next packet is the first at this pace, whenever it comes. */
static void
set_pace(struct replay_lane *lane, const struct config_pace *pace)
{
	lane->pace = *pace;
	lane->changes_pace = !lane->anchor;
}

static void
start(struct replay_lane *lane, const struct lane_order *order)
{
	lane_enter(lane, LANE_RUNNING);
	lane->next = 0;
	lane->base_ns = 0;
	lane->past_ns = 0;
	lane->gap = (struct gap){0};
	lane->published = 0;
	lane->units = (struct schedule_units){0};
	lane->pace = order->pace;
	lane->anchor = true;
	lane->anchor_ns = order->at_ns;
	lane->changes_pace = false;
	lane->shift_ns = 0;
	lane->dry = true;
	memset(&lane->tally, 0, sizeof(lane->tally));
	lane->tally.run = atomic_load_explicit(&lane->taken, memory_order_relaxed);
	histogram_clear(&lane->errors);
}

static void
resume(struct replay_lane *lane, const struct lane_order *order)
{
	lane_enter(lane, LANE_RUNNING);
	for (unsigned i = 0; i < lane->waiting; i++)
		lane->dues[i] += order->at_ns - lane->paused_ns;
	if (!order->anchored) {
		move(lane, order->at_ns - lane->paused_ns);
		return;
	}
	lane->pace = order->pace;
	lane->anchor = lane->changes_pace = false;
	/* It waits for a packet behind the one that is next of all, and none of those between is
	 * its own. */
	if (order->place.units.packets < lane->units.packets) {
		lane->next = order->place.next;
		lane->tally.loops = order->place.loops;
		lane->base_ns = order->place.base_ns;
		lane->past_ns = order->place.past_ns;
		lane->units = order->place.units;
		/* A limit may let it go less far in a later loop than in this. */
		lane->published = lane->next;
	}
	lane->gap = order->place.gap;
	lane->shift_ns = atomic_load_explicit(&lane->plan->shift_ns, memory_order_relaxed);
	schedule_make(&lane->schedule, &lane->pace, order->at_ns, &order->place.units);
}

/* Carries out the order that waited, at the packet which is due at due. */
static void
lane_carry_out(struct replay_lane *lane, uint64_t due)
{
	const struct lane_order *order = &lane->pending;

	if (order->verb == LANE_PAUSE) {
		lane->paused_ns = order->at_ns;
		lane->tally.due_ns = due;
		lane_enter(lane, LANE_PAUSED);
	} else {
		lane->pace = order->pace;
		lane->anchor = true;
		due = schedule_later(order->at_ns,
				     schedule_rescale(&lane->schedule, &lane->pace,
						      due > order->at_ns ? due - order->at_ns : 0));
		lane->anchor_ns = gap_bound(&lane->gap, &lane->pace, lane->plan->max_gap_ns,
					    order->at_ns, due);
	}
	obeyed(lane);
}

void
lane_carry_out_dry(struct replay_lane *lane)
{
	/* A pause need not wait for a packet that isn't there; a pace has its time from the next
	 * one. */
	if (lane->pending.verb == LANE_PAUSE) {
		lane_carry_out(lane, 0);
	} else {
		set_pace(lane, &lane->pending.pace);
		obeyed(lane);
	}
}

bool
lane_settle(struct replay_lane *lane, uint64_t now_ns)
{
	uint64_t due;

	if (lane->anchor) {
		schedule_make(&lane->schedule, &lane->pace, lane->anchor_ns, &lane->units);
		lane->anchor = false;
	}
	if (lane->changes_pace) {
		due = schedule_due(&lane->schedule, &lane->units);
		due = schedule_later(now_ns, schedule_rescale(&lane->schedule, &lane->pace,
							      due < now_ns ? 0 : due - now_ns));
		due = gap_bound(&lane->gap, &lane->pace, lane->plan->max_gap_ns, now_ns, due);
		schedule_make(&lane->schedule, &lane->pace, due, &lane->units);
		lane->changes_pace = false;
	}
	if (!lane->is_pending)
		return true;
	due = schedule_due(&lane->schedule, &lane->units);
	/* A lane that is behind, or that knows no times, does at once what it is told. */
	if (lane->pace.kind == CONFIG_PACE_TOP || due + BEHIND_NS < now_ns)
		due = lane->pending.at_ns;
	if (due < lane->pending.at_ns)
		return true;
	lane_carry_out(lane, due);
	return lane->state == LANE_RUNNING && lane_settle(lane, now_ns);
}

void
lane_take_order(struct replay_lane *lane, uint32_t ordered)
{
	const struct lane_order order = lane->plan->order;

	/* Another may be written there from now on. */
	atomic_store_explicit(&lane->taken, ordered, memory_order_release);
	if (lane->is_pending && lane->pending.verb == LANE_PACE)
		set_pace(lane, &lane->pending.pace);
	lane->is_pending = false;
	switch (order.verb) {
	case LANE_START:
		start(lane, &order);
		break;
	case LANE_STOP:
		if (lane->state != LANE_DONE)
			lane_enter(lane, LANE_STOPPED);
		break;
	case LANE_RESUME:
		if (lane->state == LANE_PAUSED)
			resume(lane, &order);
		break;
	case LANE_PACE:
	case LANE_PAUSE:
		if (lane->state != LANE_RUNNING)
			break;
		lane->pending = order;
		lane->due_ns = 0;
		lane->waits = false;
		lane->is_pending = true;
		return;
	}
	obeyed(lane);
}
