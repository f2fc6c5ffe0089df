/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rejoin: how lanes that are paused, and may stand at different packets, go on by one schedule of a
 * new pace.
 */
#include "replay/run.h"

#include "core/banned.h"

static uint64_t
next_due(const struct replay_lane *lane)
{
	return lane->anchor ? lane->anchor_ns : schedule_due(&lane->schedule, &lane->units);
}

static bool
is_paused(const struct replay_lane *lane)
{
	return atomic_load_explicit(&((struct replay_lane *)(uintptr_t)lane)->state_seen,
				    memory_order_acquire) == LANE_PAUSED;
}

/* Whether it did not stop where its schedule was, as it was behind, or knew no times. */
static bool
owes(const struct replay_lane *lane)
{
	return lane->schedule.kind == CONFIG_PACE_TOP || next_due(lane) < lane->paused_ns;
}

/* The lane where the new schedule begins: the one that came farthest when some owe packets, which
 * then leave at once; otherwise the one whose packet is next, as each waits for its own. NULL: none
 * is paused. */
static const struct replay_lane *
leader(const struct replay *replay)
{
	const struct replay_lane *farthest = NULL, *next = NULL;
	bool owed = false;

	for (unsigned i = 0; i < replay->lane_count; i++) {
		const struct replay_lane *lane = replay->lanes[i];

		if (!is_paused(lane))
			continue;
		owed |= owes(lane);
		if (!farthest || lane->units.packets > farthest->units.packets)
			farthest = lane;
		if (!next || lane->units.packets < next->units.packets)
			next = lane;
	}
	return owed ? farthest : next;
}

void
replay_rejoin(const struct replay *replay, struct lane_order *resume)
{
	const struct replay_lane *lane = leader(replay);
	uint64_t at_ns = resume->at_ns, due;

	if (!lane)
		return;
	due = next_due(lane);
	resume->anchored = true;
	resume->pace = replay->pace;
	resume->place = (struct lane_place){
		.next = lane->next,
		.loops = lane->tally.loops,
		.base_ns = lane->base_ns,
		.past_ns = lane->past_ns,
		.units = lane->units,
		.gap = lane->gap,
	};
	/* What of a pause of the capture has passed counts, and the time in which it stood still
	 * does not. */
	resume->place.gap.due_ns = schedule_later(lane->gap.due_ns, at_ns - lane->paused_ns);
	if (due > lane->paused_ns && lane->schedule.kind != CONFIG_PACE_TOP)
		resume->at_ns = gap_bound(
			&resume->place.gap, &replay->pace, replay->plan.max_gap_ns, at_ns,
			schedule_later(at_ns, schedule_rescale(&lane->schedule, &replay->pace,
							       due - lane->paused_ns)));
}
