/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/headroom.h"

#include <stdbool.h>

#include "stage/burst.h"

#include "core/banned.h"

#define FULL (TALLY_COST_STEPS - 1)

static bool
counts(const struct tally_cost *step)
{
	return step->bursts >= HEADROOM_BURSTS_MIN;
}

/* Of a burst that is full, as fitted. */
static double
full_cost(const struct headroom *headroom)
{
	return headroom->per_burst + headroom->per_packet * BURST_MAX;
}

/* Of little load those alone are full that come behind what kept the worker from them, and find the
 * caches cold; nor do they leave out the looks at the clock that a worker then leaves out which is
 * never done. */
static bool
full_is_usual(const struct tally_cost *steps)
{
	uint64_t packets = 0;

	for (unsigned i = 0; i < TALLY_COST_STEPS; i++)
		packets += counts(&steps[i]) ? steps[i].packets : 0;
	return counts(&steps[FULL]) && steps[FULL].packets > packets / 4;
}

/* Weighted by bursts: a step with more of them has the better mean. Of the first count steps.
 * false: of one size alone. */
static bool
fit_line(const struct tally_cost *steps, unsigned count, struct headroom *out)
{
	double weight = 0, x_mean = 0, y_mean = 0, xx = 0, xy = 0;
	unsigned points = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!counts(&steps[i]))
			continue;
		points++;
		weight += (double)steps[i].bursts;
		x_mean += (double)steps[i].packets;
		y_mean += (double)steps[i].cycles;
	}
	if (points < 2)
		return false;
	x_mean /= weight;
	y_mean /= weight;
	for (unsigned i = 0; i < count; i++) {
		double bursts = (double)steps[i].bursts, x, y;

		if (!counts(&steps[i]))
			continue;
		x = (double)steps[i].packets / bursts - x_mean;
		y = (double)steps[i].cycles / bursts - y_mean;
		xx += bursts * x * x;
		xy += bursts * x * y;
	}
	out->per_packet = xy / xx;
	out->per_burst = y_mean - out->per_packet * x_mean;
	/* Noise may turn the line beyond what is possible. */
	return out->per_packet > 0 && out->per_burst >= 0;
}

/* What an interrupted burst would have cost otherwise is little beside that. */
static double
lost_share(const struct tally_cost *steps)
{
	double all = 0, lost = (double)steps[TALLY_COST_INTERRUPTED].cycles;

	for (unsigned i = 0; i < TALLY_COSTS; i++)
		all += (double)steps[i].cycles;
	return lost / all;
}

struct headroom
headroom_fit(const struct tally_cost steps[TALLY_COSTS], uint64_t hz)
{
	struct headroom result = {.ground = HEADROOM_FITTED};
	bool full_counts = full_is_usual(steps);
	unsigned count = full_counts ? TALLY_COST_STEPS : FULL;
	uint64_t packets = 0, cycles = 0;
	double full;

	for (unsigned i = 0; i < count; i++) {
		packets += counts(&steps[i]) ? steps[i].packets : 0;
		cycles += counts(&steps[i]) ? steps[i].cycles : 0;
	}
	if (packets == 0 || cycles == 0)
		return (struct headroom){.ground = HEADROOM_UNKNOWN};
	if (!fit_line(steps, count, &result)) {
		result.ground = HEADROOM_AT_LEAST;
		result.per_burst = 0;
		result.per_packet = (double)cycles / (double)packets;
	}
	full = full_cost(&result);
	if (full_counts) {
		result.ground = HEADROOM_SEEN;
		full = (double)steps[FULL].cycles / (double)steps[FULL].bursts;
	}
	result.lost = lost_share(steps);
	result.pps = (uint64_t)((double)hz * (1 - result.lost) * BURST_MAX / full);
	return result;
}

uint64_t
headroom_delay_ns(const struct headroom *headroom, uint64_t n, uint64_t packets, uint64_t hz)
{
	uint64_t before = (n - 1) / BURST_MAX, left = packets - before * BURST_MAX;
	double last = left < BURST_MAX ? (double)left : BURST_MAX;
	double cycles = (double)before * full_cost(headroom) + headroom->per_burst +
			headroom->per_packet * last;

	return (uint64_t)(cycles * 1e9 / (double)hz);
}
