/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/extent.h"

#include "replay/gap.h"

#include "core/banned.h"

void
extent_add(struct extent *extent, uint64_t time_ns, uint32_t length)
{
	uint64_t pause = time_ns - extent->units.time_ns;
	unsigned power = pause ? 63 - __builtin_clzll(pause) : 0;

	extent->pauses[power].count++;
	extent->pauses[power].sum_ns += pause;
	extent->last = (struct schedule_units){0};
	schedule_units_pass(&extent->last, length);
	schedule_units_pass(&extent->units, length);
	extent->units.time_ns = time_ns;
}

/* What a loop loses of its pauses when none may be longer than this. */
static double
cut_ns(const struct extent *extent, uint64_t limit)
{
	double cut = 0;

	for (unsigned power = 0; power < EXTENT_PAUSES; power++) {
		double count = (double)extent->pauses[power].count;
		double sum = (double)extent->pauses[power].sum_ns;

		if (sum > count * (double)limit)
			cut += sum - count * (double)limit;
	}
	return cut;
}

double
extent_before_ns(const struct config_pace *pace, const struct schedule_units *units)
{
	const struct schedule_units none = {0};
	struct schedule schedule;

	if (pace->kind == CONFIG_PACE_TOP)
		return 0;
	schedule_make(&schedule, pace, 0, &none);
	return (double)schedule_units_of(pace->kind, units) * (double)schedule.mul /
	       (double)schedule.div;
}

double
extent_ns(const struct extent *extent, const struct config_pace *pace, uint64_t loops,
	  uint64_t max_gap_ns)
{
	uint64_t limit = gap_limit(pace, max_gap_ns);
	double all = (double)loops, units, last, pause;

	if (pace->kind == CONFIG_PACE_TOP || extent->units.packets == 0)
		return 0;
	if (pace->kind == CONFIG_PACE_ORIGINAL) {
		pause = extent->period_ns > extent->units.time_ns
				? (double)(extent->period_ns - extent->units.time_ns)
				: 0;
		if (pause > (double)limit)
			pause = (double)limit;
		units = (double)extent->units.time_ns - cut_ns(extent, limit);
		units = units * all + pause * (all - 1);
	} else {
		units = (double)schedule_units_of(pace->kind, &extent->units) * all;
		last = (double)schedule_units_of(pace->kind, &extent->last);
		units -= last;
	}
	/* In one step, as the sum of all loops may take more than 64 bits. */
	return units * extent_before_ns(pace, &(struct schedule_units){1, 1, 1, 1});
}
