/* SPDX-License-Identifier: BSD-3-Clause */
/* Lanes that end before their files do: after so many packets, or so much time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lane_kit.h"

#define LOOPS 3

/* The limit counts the packets of all lanes and loops, wherever it lies in a loop. */
static void
test_limit(void **state)
{
	static const unsigned limits[] = {
		1,           32,          PACKETS - 1,       PACKETS,
		PACKETS + 1, 2 * PACKETS, 2 * PACKETS + 500, LOOPS * PACKETS};

	for (unsigned lane_count = 1; lane_count <= 2; lane_count++) {
		for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
			unsigned limit = limits[i];

			make(lane_count, true, LOOPS);
			plan.limit = limit;
			order(LANE_START, START, "original");
			run(START, START + (LOOPS * PACKETS + 10) * STEP);
			assert_int_equal(seen_count, limit);
			for (unsigned lane = 0; lane < lane_count; lane++) {
				assert_int_equal(lanes[lane].state, LANE_DONE);
				assert_int_equal(lanes[lane].tally.packet, limit);
				assert_int_equal(lanes[lane].tally.loops, limit / PACKETS);
				assert_int_equal(lanes[lane].tally.underruns, 0);
			}
			check_clean();
		}
	}
}

static void
test_limit_for_ever(void **state)
{
	make(1, true, 0);
	plan.limit = PACKETS + 7;
	order(LANE_START, START, "top");
	take(&lanes[0], START);
	take(&lanes[0], START);
	assert_int_equal(seen_count, PACKETS + 7);
	assert_int_equal(lanes[0].state, LANE_DONE);
	check_clean();
}

/* A stream has its entries one behind the other, and more of them may never come. */
static void
test_limit_of_a_stream(void **state)
{
	make(1, false, 0);
	timeline.end = UINT64_MAX;
	plan.limit = 500;
	order(LANE_START, START, "original");
	run(START, START + 600 * STEP);
	assert_int_equal(seen_count, 500);
	assert_int_equal(lanes[0].state, LANE_DONE);
	assert_int_equal(lanes[0].tally.underruns, 0);
	check_clean();
}

/* A new pace with two lanes may send one back to a loop that the other has left. */
static void
test_limit_after_a_step_back(void **state)
{
	make(1, true, LOOPS);
	plan.limit = 2 * PACKETS + 500;
	order(LANE_START, START, "top");
	take(&lanes[0], START);
	assert_int_equal(seen_count, 2 * PACKETS + 500);
	check_clean();

	make(1, true, LOOPS);
	plan.limit = 2 * PACKETS + 500;
	order(LANE_START, START, "original");
	run(START, START + (2 * PACKETS + 100) * STEP);
	order(LANE_PAUSE, START + (2 * PACKETS + 100) * STEP, NULL);
	run(START + (2 * PACKETS + 100) * STEP, START + (2 * PACKETS + 110) * STEP);
	assert_int_equal(lanes[0].state, LANE_PAUSED);
	seen_count = 0;
	plan.order = (struct lane_order){
		.verb = LANE_RESUME,
		.at_ns = START,
		.anchored = true,
		.pace = {CONFIG_PACE_TOP, 1, 1},
		.place = {.next = PACKETS - 1,
			  .loops = 1,
			  .base_ns = PACKETS * STEP,
			  .units = {.packets = 2 * PACKETS - 1}},
	};
	atomic_fetch_add(&plan.ordered, 1);
	take(&lanes[0], START);
	take(&lanes[0], START);
	assert_int_equal(seen_count, 501);
	assert_int_equal(lanes[0].state, LANE_DONE);
	check_clean();
}

static void
test_duration(void **state)
{
	for (unsigned lane_count = 1; lane_count <= 2; lane_count++) {
		make(lane_count, true, 0);
		plan.ends_ns = START + 1500 * STEP;
		order(LANE_START, START, "original");
		run(START, START + 1499 * STEP);
		assert_int_equal(lanes[0].state, LANE_RUNNING);
		/* What came due while nobody looked is owed. */
		run(START + 1520 * STEP, START + 1530 * STEP);
		assert_int_equal(seen_count, 1500);
		for (unsigned lane = 0; lane < lane_count; lane++)
			assert_int_equal(lanes[lane].state, LANE_DONE);
		check_clean();
	}
}

/* One that can't keep its pace does not go on for long. */
static void
test_duration_far_behind(void **state)
{
	make(1, true, 0);
	plan.ends_ns = START + 1500 * STEP;
	order(LANE_START, START, "original");
	take(&lanes[0], START);
	take(&lanes[0], plan.ends_ns + UINT64_C(1000000000));
	assert_int_equal(seen_count, 1);
	assert_int_equal(lanes[0].state, LANE_DONE);
	check_clean();
}

static void
test_duration_at_top_pace(void **state)
{
	make(1, true, 0);
	plan.ends_ns = START + 10;
	order(LANE_START, START, "top");
	for (unsigned i = 0; i < 10; i++) {
		struct rte_mbuf *packets[BURST_MAX];
		uint16_t count = replay_lane_take(&lanes[0], START + i, packets);

		assert_int_equal(count, BURST_MAX);
		replay_lane_handed(&lanes[0], count, count * LENGTH, START + i);
		rte_pktmbuf_free_bulk(packets, count);
	}
	take(&lanes[0], START + 10);
	assert_int_equal(seen_count, 0);
	assert_int_equal(lanes[0].state, LANE_DONE);
	check_clean();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limit_for_ever),
		cmocka_unit_test(test_limit_of_a_stream),
		cmocka_unit_test(test_limit_after_a_step_back),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_duration_far_behind),
		cmocka_unit_test(test_duration_at_top_pace),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
