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
