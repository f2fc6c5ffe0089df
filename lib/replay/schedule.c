/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/schedule.h"

#include "core/banned.h"

#define NS_PER_S UINT64_C(1000000000)

void
schedule_make(struct schedule *schedule, const struct config_pace *pace, uint64_t anchor_ns,
	      const struct schedule_units *units)
{
	*schedule = (struct schedule){
		.kind = pace->kind,
		.anchor_ns = anchor_ns,
		.anchor_units = schedule_units_of(pace->kind, units),
		.mul = pace->den,
		.div = pace->num,
	};
	/* den is at most 10^9, see config/pace.h: the greatest product is 8 * 10^18. */
	if (pace->kind == CONFIG_PACE_PACKETS)
		schedule->mul *= NS_PER_S;
	else if (pace->kind != CONFIG_PACE_ORIGINAL)
		schedule->mul *= 8 * NS_PER_S;
}

uint64_t
schedule_due_far(const struct schedule *schedule, uint64_t passed)
{
	unsigned __int128 wait = (unsigned __int128)passed * schedule->mul / schedule->div;

	return schedule_later(schedule->anchor_ns,
			      wait > SCHEDULE_NEVER ? SCHEDULE_NEVER : (uint64_t)wait);
}

void
schedule_rebase(struct schedule *schedule, uint64_t time_ns)
{
	const struct schedule_units units = {.time_ns = time_ns};

	if (schedule->kind != CONFIG_PACE_ORIGINAL)
		return;
	schedule->anchor_ns = schedule_due(schedule, &units);
	schedule->anchor_units = 0;
}

uint64_t
schedule_rescale(const struct schedule *schedule, const struct config_pace *pace, uint64_t rest_ns)
{
	struct schedule_units none = {0};
	struct schedule next;
	double rest;

	if (pace->kind != schedule->kind || pace->kind == CONFIG_PACE_TOP)
		return 0;
	schedule_make(&next, pace, 0, &none);
	rest = (double)rest_ns * ((double)next.mul / (double)next.div) *
	       ((double)schedule->div / (double)schedule->mul);
	return rest < (double)SCHEDULE_NEVER ? (uint64_t)rest : SCHEDULE_NEVER;
}
