/* SPDX-License-Identifier: BSD-3-Clause */
/* How long packets were in the box, and how many came at once, by times that are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/gauge.h"

#include "core/banned.h"

/* A cycle is a nanosecond. */
#define HZ UINT64_C(1000000000)
#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define START (1000 * HZ)
#define RING 128

static const struct stage_clock clock_ = {.ns_per_cycle = UINT64_C(1) << CLOCK_FRACTION_BITS};
static struct gauge gauge;
static struct gauge_queue queue;
static struct gauge_sum sum;

static void
begin(void)
{
	gauge_begin(&gauge, HZ, RING, START);
	queue = (struct gauge_queue){.since = START, .ring = RING};
}

/* As a worker does: what it skips began when it last looked. */
static void
take(unsigned count, uint64_t polled, uint64_t took)
{
	static uint64_t first;
	uint64_t from = queue.skipped ? first : polled;

	if (count == 0) {
		gauge_emptied(&queue, polled);
		return;
	}
	first = from;
	if (!gauge_skip(&queue, count))
		gauge_burst(&gauge, &queue, &clock_, count, from, polled + took / 2, polled + took);
}

static const struct gauge_sum *
look(uint64_t now)
{
	memset(&sum, 0, sizeof(sum));
	gauge_look(&gauge, now, &sum);
	return &sum;
}

static uint64_t
most(enum gauge_window window, uint64_t now)
{
	return gauge_most(look(now), window);
}

/* Taken at once they were here from the empty poll before to when they left, at the most. */
static void
test_bounds(void **state)
{
	begin();
	take(0, START + 10 * US, 0);
	take(3, START + 11 * US, 2 * US);
	look(START + 20 * US);
	assert_int_equal(sum.lower.max, 1 * US);
	assert_int_equal(sum.upper.max, 3 * US);
	assert_int_equal(sum.saturated, 0);
	(void)state;
}

/* A worker that stands still between two polls: only the upper bound can know. */
static void
test_a_stall_shows_above(void **state)
{
	begin();
	take(0, START + 10 * US, 0);
	take(5, START + 10 * US + 40 * MS, 2 * US);
	take(1, START + 10 * US + 41 * MS, 2 * US);
	look(START + HZ);
	assert_int_equal(sum.lower.max, 1 * US);
	assert_int_equal(sum.upper.max, 40 * MS + 2 * US);
	/* The sixth came after the fifth was taken. */
	assert_in_range(histogram_quantile(&sum.upper, 1, 6), MS, MS + MS / 16);
	(void)state;
}

/* Bursts that are filled leave others behind: all of these may have waited as long. The clock is
 * read for the last of them alone. */
static void
test_what_was_left_waited_too(void **state)
{
	uint64_t now = START + 40 * MS;

	begin();
	queue.stride = 15;
	for (unsigned i = 0; i < 3; i++)
		take(BURST_MAX, now, 2 * US);
	assert_int_equal(look(now)->upper.max, 0);
	take(7, now, 2 * US);
	look(now);
	assert_int_equal(sum.upper.max, 40 * MS + 2 * US);
	assert_true(histogram_quantile(&sum.upper, 1, 100) > 39 * MS);
	assert_int_equal(sum.saturated, 2 * BURST_MAX + 7);
	/* The one that was not filled left nothing. */
	take(1, now + 10 * US, 2 * US);
	assert_in_range(histogram_quantile(&look(now)->upper, 1, 104), 12 * US, 13 * US);
	assert_int_equal(look(now)->saturated, 2 * BURST_MAX + 7);
	(void)state;
}

/* Nor is it read where nothing follows, until the next poll. */
static void
test_nothing_follows(void **state)
{
	uint64_t now = START + 40 * MS;

	begin();
	queue.stride = 15;
	take(BURST_MAX, now, 2 * US);
	gauge_settle(&gauge, &queue, &clock_, now, now + 3 * US);
	look(now);
	assert_int_equal(sum.upper.max, 40 * MS + 3 * US);
	assert_int_equal(sum.lower.max, 0);
	assert_int_equal(sum.saturated, 0);
	gauge_settle(&gauge, &queue, &clock_, now, now + 9 * US);
	assert_int_equal(look(now)->upper.max, 40 * MS + 3 * US);
	take(5, now + 4 * US, 2 * US);
	assert_int_equal(look(now)->saturated, 5);
	(void)state;
}

/* A worker that is never done: packets waited no longer than the ring takes to come round, as it
 * has no room for more. What is skipped is bounded as well. */
static void
test_no_longer_than_the_ring(void **state)
{
	static const unsigned rings[] = {RING, 80 * BURST_MAX};
	const uint64_t took = 2 * US, looks = 2 * HZ / GAUGE_LOOKS_HZ;

	for (unsigned i = 0; i < 2; i++) {
		uint64_t now = START + 40 * MS, round = took * rings[i] / BURST_MAX;

		begin();
		queue.ring = rings[i];
		take(0, START, 0);
		for (unsigned n = 0; n < 100000; n++, now += took)
			take(BURST_MAX, now, took);
		look(now);
		assert_in_range(sum.upper.max, 40 * MS, 40 * MS + round + 2 * looks);
		assert_true(histogram_quantile(&sum.upper, 1, 100) >= round);
		assert_in_range(histogram_quantile(&sum.upper, 99, 100), round,
				2 * round + 4 * looks);
	}
	(void)state;
}

/* The faster bursts are, the fewer are looked at; slow ones all. */
static void
test_the_clock_is_read_seldom(void **state)
{
	uint64_t now = START;
	unsigned looks = 0;

	begin();
	for (unsigned n = 0; n < 10000; n++) {
		take(BURST_MAX, now, 300);
		now += 300;
		looks += queue.skipped == 0;
	}
	assert_in_range(looks, 10000 / GAUGE_STRIDE_MAX, 10000 / 32);
	for (unsigned n = 0; n < 200; n++, now += 50 * US)
		take(BURST_MAX, now, 50 * US);
	assert_int_equal(queue.skipped, 0);
	assert_int_equal(queue.stride, 0);
	(void)state;
}

static void
test_windows(void **state)
{
	uint64_t now = START + MS;

	begin();
	take(0, now, 0);
	/* 1,000 in 50 us, and then one each 100 us. */
	for (unsigned i = 0; i < 50; i++, now += US)
		take(20, now, US / 2);
	assert_in_range(most(GAUGE_100US, now), 990, 1000);
	assert_in_range(most(GAUGE_1MS, now), 990, 1000);
	for (unsigned i = 0; i < 100; i++, now += 100 * US) {
		take(0, now + 99 * US, 0);
		take(1, now + 100 * US, US);
	}
	assert_in_range(most(GAUGE_100US, now), 990, 1000);
	/* Of the window that ended, which was a little longer. */
	assert_in_range(most(GAUGE_1MS, now), 950, 1010);
	(void)state;
}

/* A poll that comes late finds at once what came one by one. */
static void
test_a_stall_is_no_burst(void **state)
{
	uint64_t now = START + 100 * MS;

	begin();
	take(0, START, 0);
	take(BURST_MAX, now, US);
	take(BURST_MAX, now + US, US);
	take(16, now + 2 * US, US);
	take(0, now + 3 * US, US);
	take(1, now + 10 * MS, US);
	/* 80 in a tenth of a second. */
	assert_int_equal(most(GAUGE_1MS, now + 20 * MS), 1);
	assert_int_equal(most(GAUGE_100US, now + 20 * MS), 1);
	(void)state;
}

/* For a minute, and of several workers that are busy in the same second together. */
static void
test_peaks_are_forgotten(void **state)
{
	uint64_t now = START + MS;

	begin();
	take(0, now, 0);
	take(30, now + US, US);
	assert_int_equal(most(GAUGE_100US, now + 100 * US), 30);
	assert_int_equal(most(GAUGE_100US, now + 59 * HZ), 30);
	gauge_look(&gauge, now, &sum);
	assert_int_equal(gauge_most(&sum, GAUGE_100US), 60);
	assert_int_equal(most(GAUGE_100US, now + 61 * HZ), 0);
	/* A place is used again. */
	take(0, now + 64 * HZ, 0);
	take(4, now + 64 * HZ + US, US);
	assert_int_equal(most(GAUGE_100US, now + 65 * HZ), 4);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_a_stall_shows_above),
		cmocka_unit_test(test_what_was_left_waited_too),
		cmocka_unit_test(test_nothing_follows),
		cmocka_unit_test(test_no_longer_than_the_ring),
		cmocka_unit_test(test_the_clock_is_read_seldom),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_a_stall_is_no_burst),
		cmocka_unit_test(test_peaks_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
