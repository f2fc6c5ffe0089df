/* SPDX-License-Identifier: BSD-3-Clause */
/* What of the packets of a port is a microburst, by times that are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/gauge.h"

#include "core/banned.h"

#define HZ UINT64_C(1000000000)
#define US UINT64_C(1000)
#define MS (1000 * US)
#define START (1000 * HZ)
#define RING 1024

static const struct stage_clock clock_ = {.ns_per_cycle = UINT64_C(1) << CLOCK_FRACTION_BITS};
static struct gauge gauge;
static struct gauge_queue queue;
static uint64_t now;

static void
begin(void)
{
	now = START;
	gauge_begin(&gauge, HZ, RING, now);
	queue = (struct gauge_queue){.since = START, .ring = RING, .told = true};
}

/* Polls each microsecond, of which each brings so many. */
static void
poll(unsigned count, uint64_t us)
{
	for (; us > 0; us--, now += US) {
		if (count) {
			gauge_burst(&gauge, &queue, &clock_, count, now, now, now + US / 2);
			continue;
		}
		gauge_emptied(&queue, now);
		if (now >= gauge.rests)
			gauge_rest(&gauge, now);
	}
}

static struct surge
last(void)
{
	struct surge surge = {0};

	assert_true(gauge.surges.begun > 0);
	assert_true(surge_read(&gauge.surges, gauge.surges.begun - 1, &surge));
	return surge;
}

/* A quarter of the ring at once, from nothing, and over as soon as nothing follows. */
static void
test_one(void **state)
{
	struct surge surge;

	begin();
	poll(0, 10000);
	poll(10, 30);
	poll(0, 5000);
	surge = last();
	assert_int_equal(gauge.surges.begun, 1);
	assert_int_equal(gauge.surges.over, 1);
	assert_int_equal(surge.packets, 300);
	/* Perhaps they came since the empty poll before. */
	assert_in_range(surge.most_1ms, 297, 300);
	assert_in_range(surge.most_100us, 297, 300);
	assert_in_range(surge.began, START + 9990 * US, START + 10 * MS);
	assert_in_range(surge.ended - surge.began, 30 * US, 110 * US);
	assert_int_equal(surge.mean, 0);
	assert_int_equal(surge.backlog, 0);
	(void)state;
}

/* What the ring has room for four times over is none, whatever the mean. */
static void
test_few_packets(void **state)
{
	begin();
	for (unsigned i = 0; i < 20; i++) {
		poll(1, RING / 4 - 1);
		poll(0, 5000);
	}
	assert_int_equal(gauge.surges.begun, 0);
	(void)state;
}

/* Traffic that is steady is none, however much: but for the time in which it begins. */
static void
test_steady(void **state)
{
	struct surge surge;

	begin();
	poll(0, 300000);
	poll(2, 1000000);
	surge = last();
	assert_int_equal(gauge.surges.begun, 1);
	assert_int_equal(gauge.surges.over, 1);
	assert_in_range(surge.ended - surge.began, 60 * MS, 90 * MS);
	/* Three times as much is none, either; five times is. */
	poll(6, 20000);
	assert_int_equal(gauge.surges.begun, 1);
	poll(2, 1000000);
	poll(10, 3000);
	poll(2, 5000);
	surge = last();
	assert_int_equal(gauge.surges.begun, 2);
	assert_int_equal(gauge.surges.over, 2);
	assert_in_range(surge.mean, 1900000, 2100000);
	assert_in_range(surge.most_1ms, 9900, 10100);
	assert_in_range(surge.packets, 20000, 32000);
	assert_in_range(surge.ended - surge.began, 2 * MS, 3 * MS + 200 * US);
	(void)state;
}

/* The mean forgets. */
static void
test_after_a_pause(void **state)
{
	begin();
	poll(2, 1000000);
	poll(0, 1000000);
	poll(2, 2000);
	assert_int_equal(gauge.surges.begun, 2);
	assert_in_range(last().mean, 0, 100000);
	(void)state;
}

/* One that goes on is told, too. */
static void
test_goes_on(void **state)
{
	begin();
	poll(0, 1000);
	poll(10, 5000);
	assert_int_equal(gauge.surges.begun, 1);
	assert_int_equal(gauge.surges.over, 0);
	assert_in_range(last().packets, 30000, 50000);
	poll(0, 3000);
	assert_int_equal(gauge.surges.over, 1);
	assert_int_equal(last().packets, 50000);
	(void)state;
}

/* Where the ring fills for another reason, as a worker that is slow. */
static void
test_backlog(void **state)
{
	begin();
	poll(1, 10);
	poll(BURST_MAX, 1);
	assert_true(queue.filled);
	gauge_backlog(&gauge, &queue, 50, now);
	poll(0, 3000);
	assert_int_equal(gauge.surges.begun, 1);
	assert_int_equal(last().backlog, 50);
	assert_int_equal(gauge.rises[GAUGE_QUARTER], 1);
	assert_int_equal(gauge.rises[GAUGE_HALF], 1);
	assert_int_equal(gauge.rises[GAUGE_NINETY], 0);
	/* It does not stay with those that follow. */
	poll(1, 10);
	poll(0, 3000);
	assert_int_equal(gauge.surges.begun, 1);
	(void)state;
}

/* As long as it stays filled it has come to be so but once. */
static void
test_rises(void **state)
{
	begin();
	for (unsigned i = 0; i < 3; i++) {
		poll(BURST_MAX, 1);
		gauge_backlog(&gauge, &queue, 25, now);
		poll(BURST_MAX, 1);
		gauge_backlog(&gauge, &queue, i == 2 ? 90 : 25, now);
		poll(0, 10);
	}
	assert_int_equal(gauge.rises[GAUGE_QUARTER], 3);
	assert_int_equal(gauge.rises[GAUGE_HALF], 1);
	assert_int_equal(gauge.rises[GAUGE_NINETY], 1);
	(void)state;
}

/* The driver is to be asked behind the first full burst, if it tells anything. */
static void
test_the_first_is_looked_at(void **state)
{
	begin();
	queue.stride = 15;
	assert_false(gauge_skip(&queue, BURST_MAX));
	poll(BURST_MAX, 1);
	queue.stride = 15;
	assert_true(gauge_skip(&queue, BURST_MAX));
	begin();
	queue.told = false;
	queue.stride = 15;
	assert_true(gauge_skip(&queue, BURST_MAX));
	(void)state;
}

/* The last ones are kept, and whoever reads is told when one has gone. */
static void
test_many(void **state)
{
	struct surge surge;

	begin();
	for (unsigned i = 0; i < SURGES + 10; i++) {
		poll(0, 1000000);
		poll(16, 20 + i);
		poll(0, 3000);
	}
	assert_int_equal(gauge.surges.over, SURGES + 10);
	assert_false(surge_read(&gauge.surges, 0, &surge));
	assert_false(surge_read(&gauge.surges, 10, &surge));
	for (unsigned n = 11; n < SURGES + 10; n++) {
		assert_true(surge_read(&gauge.surges, n, &surge));
		assert_int_equal(surge.packets, 16 * (20 + n));
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),     cmocka_unit_test(test_few_packets),
		cmocka_unit_test(test_steady),  cmocka_unit_test(test_after_a_pause),
		cmocka_unit_test(test_goes_on), cmocka_unit_test(test_backlog),
		cmocka_unit_test(test_rises),   cmocka_unit_test(test_the_first_is_looked_at),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
