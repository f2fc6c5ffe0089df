/* SPDX-License-Identifier: BSD-3-Clause */
/* What bursts took, as a worker notes it, and what is kept of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/costs.h"
#include "engine/recent.h"

#include "core/banned.h"

#define HZ UINT64_C(1000000)

static struct tally tally;

static struct costs
begin(void)
{
	memset(&tally, 0, sizeof(tally));
	struct costs costs = {.clock = 40};

	/* The first only say what is usual. */
	for (unsigned size = 1; size <= BURST_MAX; size *= 2) {
		costs_note(&costs, &tally, size, 100000);
		for (unsigned i = 1; i < COSTS_KNOWN; i++)
			costs_note(&costs, &tally, size, 340);
	}
	for (unsigned i = 0; i < TALLY_COSTS; i++)
		assert_int_equal(tally.costs[i].bursts, 0);
	return costs;
}

static void
assert_cost(unsigned step, uint64_t bursts, uint64_t packets, uint64_t cycles)
{
	assert_int_equal(tally.costs[step].bursts, bursts);
	assert_int_equal(tally.costs[step].packets, packets);
	assert_int_equal(tally.costs[step].cycles, cycles);
}

static void
test_bursts_are_kept_by_size(void **state)
{
	struct costs costs = begin();

	costs_note(&costs, &tally, 1, 140);
	costs_note(&costs, &tally, 2, 240);
	costs_note(&costs, &tally, 3, 340);
	costs_note(&costs, &tally, 31, 1040);
	/* The clock took more than all of it is said to have taken. */
	costs_note(&costs, &tally, 4, 30);
	assert_cost(0, 1, 1, 100);
	assert_cost(1, 2, 5, 500);
	assert_cost(2, 1, 4, 0);
	assert_cost(4, 1, 31, 1000);
	assert_cost(5, 0, 0, 0);
	(void)state;
}

/* Of full bursts not each is looked at. */
static void
test_what_is_not_looked_at_counts_with_the_next(void **state)
{
	struct costs costs = begin();

	costs_skip(&costs);
	costs_skip(&costs);
	costs_note(&costs, &tally, BURST_MAX, 3040);
	assert_cost(5, 3, 96, 3000);
	/* With one that is smaller nobody knows which took how long, */
	costs_skip(&costs);
	costs_note(&costs, &tally, 16, 1040);
	assert_cost(4, 0, 0, 0);
	/* nor when something else was done since. */
	costs_skip(&costs);
	costs_break(&costs);
	costs_note(&costs, &tally, 16, 540);
	assert_cost(4, 1, 16, 500);
	(void)state;
}

static void
test_an_interruption_is_no_cost(void **state)
{
	struct costs costs = begin();
	unsigned left_out;

	for (unsigned i = 0; i < 100; i++)
		costs_note(&costs, &tally, 1, 140);
	costs_note(&costs, &tally, 1, 100040);
	costs_note(&costs, &tally, 1, 140);
	assert_cost(0, 101, 101, 10100);
	assert_cost(TALLY_COST_INTERRUPTED, 1, 1, 100000);
	/* One before which there was nothing to do has taken nothing away. */
	costs_break(&costs);
	costs_note(&costs, &tally, 1, 100040);
	assert_cost(0, 101, 101, 10100);
	assert_cost(TALLY_COST_INTERRUPTED, 1, 1, 100000);
	/* But when all take so long, that is what they cost. */
	for (unsigned i = 0; i < 10000; i++)
		costs_note(&costs, &tally, 1, 100040);
	left_out = (unsigned)tally.costs[TALLY_COST_INTERRUPTED].bursts;
	assert_in_range(left_out, 2, 1000);
	assert_int_equal(tally.costs[0].bursts, 101 + 10000 + 1 - left_out);
	(void)state;
}

static struct recent recent;
static struct tally sum;

static void
count(uint64_t bursts, const void *program, double at)
{
	struct tally part = {.packets = bursts};

	part.costs[0] = (struct tally_cost){bursts, bursts, bursts * 100};
	part.ports[3].rx_packets = bursts;
	tally_add(&sum, &part);
	recent_take(&recent, &sum, &part, program, (uint64_t)(at * (double)HZ), HZ);
}

static uint64_t
kept(void)
{
	struct tally_cost costs[TALLY_COSTS];

	recent_costs(&recent, costs);
	assert_int_equal(costs[0].cycles, costs[0].bursts * 100);
	return costs[0].bursts;
}

static void
test_a_minute_is_kept(void **state)
{
	const int program = 0, other = 0;

	recent = (struct recent){0};
	sum = (struct tally){0};
	count(7, &program, 1);
	/* Nobody knows under which they were. */
	assert_int_equal(kept(), 0);
	count(20000, &program, 10);
	count(20000, &program, 32);
	assert_int_equal(kept(), 40000);
	count(15000, &program, 61);
	assert_int_equal(kept(), 55000);
	count(1, &program, 62);
	assert_int_equal(kept(), 15001);
	count(15000, &program, 92);
	count(1, &program, 93);
	assert_int_equal(kept(), 15000 + 1);
	/* However long it takes until there are some. */
	count(10, &program, 1000);
	count(10, &program, 2000);
	assert_int_equal(kept(), 15000 + 21);
	count(1000, &other, 2001);
	assert_int_equal(kept(), 0);
	count(10, &other, 2002);
	assert_int_equal(kept(), 10);
	(void)state;
}

static void
test_rates_are_of_a_second(void **state)
{
	const int program = 0;

	recent = (struct recent){0};
	sum = (struct tally){0};
	/* What came before the first look came in who knows how long. */
	count(5000, &program, 100);
	assert_false(recent.known);
	count(300, &program, 100.5);
	assert_false(recent.known);
	count(300, &program, 101.5);
	assert_true(recent.known);
	assert_int_equal(recent.pps, 400);
	assert_int_equal(recent.rx_pps[3], 400);
	assert_int_equal(recent.rx_pps[2], 0);
	count(2000, &program, 102.5);
	assert_int_equal(recent.pps, 2000);
	count(10, &program, 103.5);
	assert_int_equal(recent.pps, 10);
	assert_int_equal(recent.most_pps, 2000);
	/* Another port came into the slot, whose counters begin anew. */
	sum.ports[3].rx_packets = 0;
	count(50, &program, 104.5);
	assert_int_equal(recent.rx_pps[3], 50);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bursts_are_kept_by_size),
		cmocka_unit_test(test_what_is_not_looked_at_counts_with_the_next),
		cmocka_unit_test(test_an_interruption_is_no_cost),
		cmocka_unit_test(test_a_minute_is_kept),
		cmocka_unit_test(test_rates_are_of_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
