/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a replay takes, against its schedule packet by packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <math.h>

#include <cmocka.h>

#include "replay/extent.h"
#include "replay/gap.h"

#define PACKETS 500
#define SECOND UINT64_C(1000000000)

static uint64_t times[PACKETS];
static uint32_t lengths[PACKETS];

/* When the last packet of all loops is due, as a lane finds out. */
static uint64_t
walk(const struct config_pace *pace, unsigned loops, uint64_t period_ns, uint64_t max_gap_ns)
{
	struct schedule_units units = {0};
	struct schedule schedule;
	struct gap gap = {0};
	uint64_t due = 0;

	schedule_make(&schedule, pace, 0, &units);
	for (unsigned loop = 0; loop < loops; loop++) {
		for (unsigned i = 0; i < PACKETS; i++) {
			units.time_ns = gap_shorten(&gap, pace, max_gap_ns, units.packets,
						    loop * period_ns + times[i]);
			due = schedule_due(&schedule, &units);
			schedule_units_pass(&units, lengths[i]);
		}
	}
	return due;
}

static void
test_as_a_walk(void **state)
{
	static const char *const paces[] = {"original", "2x",    "0.3x",       "1kpps",
					    "1Mbps",    "7Gbps", "10Gbps-wire"};
	static const uint64_t limits[] = {0, 3 * SECOND, 40 * SECOND, 1000};
	struct extent extent = {0};

	srand(5);
	for (unsigned i = 0; i < PACKETS; i++) {
		times[i] = i ? times[i - 1] + rand() % SECOND : 0;
		if (i % 50 == 7)
			times[i] += 60 * SECOND;
		lengths[i] = rand() % 1500;
		extent_add(&extent, times[i], lengths[i]);
	}
	extent.period_ns = times[PACKETS - 1] + 100 * SECOND;
	for (unsigned i = 0; i < sizeof(paces) / sizeof(paces[0]); i++) {
		struct config_pace pace;
		char reason[256];

		assert_int_equal(config_pace_parse(paces[i], &pace, reason, sizeof(reason)), 0);
		for (unsigned l = 0; l < 4; l++) {
			for (unsigned loops = 1; loops <= 3; loops++) {
				double due =
					(double)walk(&pace, loops, extent.period_ns, limits[l]);
				double told = extent_ns(&extent, &pace, loops, limits[l]);

				/* Pauses are known by their powers of two alone. */
				assert_true(fabs(told - due) <=
					    due * (limits[l] ? 0.1 : 1e-9) + 10);
			}
		}
	}
}

static void
test_ends(void **state)
{
	struct extent extent = {0};
	struct config_pace top = {.kind = CONFIG_PACE_TOP}, original = {CONFIG_PACE_ORIGINAL, 1, 1};

	assert_true(extent_ns(&extent, &original, 1, 0) == 0);
	extent_add(&extent, 0, 60);
	assert_true(extent_ns(&extent, &original, 1, 0) == 0);
	assert_true(extent_ns(&extent, &top, 5, 0) == 0);
	extent_add(&extent, SCHEDULE_SPAN_MAX, 60);
	extent.period_ns = SCHEDULE_SPAN_MAX;
	/* More than 64 bits. */
	assert_true(extent_ns(&extent, &original, 1000000000000, 0) > 1e30);
	assert_true(extent_ns(&extent, &original, 1000000000000, SECOND) <= 1e21);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_a_walk),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
