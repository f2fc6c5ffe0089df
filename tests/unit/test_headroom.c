/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker could take, from costs that are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "engine/headroom.h"

#include "core/banned.h"

#define HZ UINT64_C(2000000000)
#define A 400.0
#define B 100.0
/* 2e9 * 32 / (400 + 3200) */
#define MOST 17777777

static const double sizes[TALLY_COST_STEPS] = {1, 2.5, 5, 12, 20, 32};

/* So many bursts of a step, each of which costs a + b * n. */
static struct tally_cost
step(unsigned i, uint64_t bursts)
{
	return (struct tally_cost){bursts, (uint64_t)(sizes[i] * (double)bursts),
				   (uint64_t)((A + B * sizes[i]) * (double)bursts)};
}

static void
assert_near(double value, double wanted, double share)
{
	if (fabs(value - wanted) > wanted * share)
		fail_msg("%g is not %g", value, wanted);
}

static void
test_a_line_is_found(void **state)
{
	struct tally_cost steps[TALLY_COSTS] = {0};
	struct headroom found;

	/* Of light load alone: half of the bursts have one packet. */
	for (unsigned i = 0; i < 4; i++)
		steps[i] = step(i, 100000 >> i);
	found = headroom_fit(steps, HZ);
	assert_int_equal(found.ground, HEADROOM_FITTED);
	assert_near(found.per_burst, A, 0.001);
	assert_near(found.per_packet, B, 0.001);
	assert_near((double)found.pps, MOST, 0.001);
	(void)state;
}

/* What is noise in few bursts weighs as little as they. */
static void
test_few_bursts_weigh_little(void **state)
{
	struct tally_cost steps[TALLY_COSTS] = {0};

	for (unsigned i = 0; i < 4; i++)
		steps[i] = step(i, 1000000);
	steps[4] = step(4, 200);
	steps[4].cycles *= 3;
	assert_near((double)headroom_fit(steps, HZ).pps, MOST, 0.03);
	/* And of fewer than that nothing is said. */
	steps[4] = step(4, HEADROOM_BURSTS_MIN - 1);
	steps[4].cycles *= 100;
	assert_near((double)headroom_fit(steps, HZ).pps, MOST, 0.001);
	(void)state;
}

/* Full bursts cost what they cost, whatever the line says. */
static void
test_full_bursts_are_believed(void **state)
{
	struct tally_cost steps[TALLY_COSTS] = {0};
	struct headroom found;

	for (unsigned i = 0; i < TALLY_COST_STEPS; i++)
		steps[i] = step(i, 1000);
	steps[TALLY_COST_STEPS - 1].cycles = 1000 * 7200;
	found = headroom_fit(steps, HZ);
	assert_int_equal(found.ground, HEADROOM_SEEN);
	assert_near((double)found.pps, MOST / 2.0, 0.001);
	/* Where most come in others, those that are full come behind what kept the worker. */
	steps[3] = step(3, 1000000);
	assert_int_equal(headroom_fit(steps, HZ).ground, HEADROOM_FITTED);
	assert_near((double)headroom_fit(steps, HZ).pps, MOST, 0.05);
	/* Without any other. */
	for (unsigned i = 0; i < TALLY_COST_STEPS - 1; i++)
		steps[i] = (struct tally_cost){0};
	found = headroom_fit(steps, HZ);
	assert_int_equal(found.ground, HEADROOM_SEEN);
	assert_near((double)found.pps, MOST / 2.0, 0.001);
	(void)state;
}

/* Of one size nothing can be told apart: what is told is never too much. */
static void
test_at_least(void **state)
{
	struct tally_cost steps[TALLY_COSTS] = {step(0, 1000000)};
	struct headroom found = headroom_fit(steps, HZ);

	assert_int_equal(found.ground, HEADROOM_AT_LEAST);
	assert_near((double)found.pps, (double)HZ / (A + B), 0.001);
	/* Nor where larger bursts seem to cost less for the whole burst. */
	steps[1] = step(1, 1000000);
	steps[1].cycles = steps[0].cycles / 2;
	found = headroom_fit(steps, HZ);
	assert_int_equal(found.ground, HEADROOM_AT_LEAST);
	steps[0] = steps[1] = (struct tally_cost){0};
	assert_int_equal(headroom_fit(steps, HZ).ground, HEADROOM_UNKNOWN);
	(void)state;
}

/* Time in which it was interrupted is not its packets', nor will it be there when there are more. */
static void
test_what_is_lost_is_lost(void **state)
{
	struct tally_cost steps[TALLY_COSTS] = {0};
	struct headroom found;
	uint64_t cycles = 0;

	for (unsigned i = 0; i < TALLY_COST_STEPS; i++) {
		steps[i] = step(i, 1000);
		cycles += steps[i].cycles;
	}
	steps[TALLY_COST_INTERRUPTED] = (struct tally_cost){3, 96, cycles / 3};
	found = headroom_fit(steps, HZ);
	assert_near(found.lost, 0.25, 0.001);
	assert_near((double)found.pps, MOST * 0.75, 0.001);
	assert_near(found.per_packet, B, 0.001);
	(void)state;
}

static void
test_the_burst_model(void **state)
{
	const struct headroom known = {
		.ground = HEADROOM_FITTED, .per_burst = A, .per_packet = B, .pps = MOST};

	/* 500 cycles, of half a nanosecond each. */
	assert_int_equal(headroom_delay_ns(&known, 1, 1, HZ), 250);
	/* All of a burst leave with its end. */
	assert_int_equal(headroom_delay_ns(&known, 1, 32, HZ), 1800);
	assert_int_equal(headroom_delay_ns(&known, 32, 32, HZ), 1800);
	assert_int_equal(headroom_delay_ns(&known, 32, 33, HZ), 1800);
	assert_int_equal(headroom_delay_ns(&known, 33, 33, HZ), 1800 + 250);
	assert_int_equal(headroom_delay_ns(&known, 1024, 1024, HZ), 32 * 1800);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_is_found),
		cmocka_unit_test(test_few_bursts_weigh_little),
		cmocka_unit_test(test_full_bursts_are_believed),
		cmocka_unit_test(test_at_least),
		cmocka_unit_test(test_what_is_lost_is_lost),
		cmocka_unit_test(test_the_burst_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
