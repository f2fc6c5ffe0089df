/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/clock.h"

#include <time.h>

#include "core/banned.h"

#define SECOND_NS UINT64_C(1000000000)
#define SPAN_NS (SECOND_NS / 10)
/* Of so many looks at both clocks the closest pair is taken: any one may be interrupted between. */
#define LOOKS 16

struct look {
	uint64_t tsc, ns;
};

static struct look
look(void)
{
	struct look best = {0};
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < LOOKS; i++) {
		struct timespec now;
		uint64_t before = rte_rdtsc_precise();
		uint64_t after;

		clock_gettime(CLOCK_MONOTONIC, &now);
		after = rte_rdtsc_precise();
		if (after - before >= least)
			continue;
		least = after - before;
		best.tsc = before + least / 2;
		best.ns = now.tv_sec * SECOND_NS + now.tv_nsec;
	}
	return best;
}

void
clock_begin(struct stage_clock *clock)
{
	struct look now = look();

	clock->base_tsc = now.tsc;
	clock->base_ns = now.ns;
}

void
clock_set(struct stage_clock *clock)
{
	struct look now = look();

	while (now.ns - clock->base_ns < SPAN_NS) {
		struct timespec rest = {.tv_nsec = SPAN_NS - (now.ns - clock->base_ns)};

		nanosleep(&rest, NULL);
		now = look();
	}
	clock->ns_per_cycle =
		((unsigned __int128)(now.ns - clock->base_ns) << CLOCK_FRACTION_BITS) /
		(now.tsc - clock->base_tsc);
}

void
clock_follow(struct stage_clock *clock)
{
	struct timespec wall, now;
	int64_t epoch;

	clock_gettime(CLOCK_MONOTONIC, &now);
	clock_gettime(CLOCK_REALTIME, &wall);
	epoch = (wall.tv_sec - now.tv_sec) * (int64_t)SECOND_NS + wall.tv_nsec - now.tv_nsec;
	__atomic_store_n(&clock->epoch_ns, (uint64_t)epoch, __ATOMIC_RELAXED);
}
