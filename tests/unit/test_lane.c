/* SPDX-License-Identifier: BSD-3-Clause */
/* Lanes over timelines made by hand: what leaves when, lateness, loops, and no mbuf lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lane_kit.h"

static void
test_on_time(void **state)
{
	make(1, true, 1);
	order(LANE_START, START, "original");
	run(0, START + (PACKETS + 10) * STEP);
	assert_int_equal(seen_count, PACKETS);
	for (unsigned i = 0; i < PACKETS; i++) {
		assert_int_equal(seen[i], i);
		assert_int_equal(seen_at[i], START + i * STEP);
	}
	assert_int_equal(lanes[0].state, LANE_DONE);
	assert_int_equal(lanes[0].errors.max, 0);
	check_clean();
}

static void
test_late_catch_up(void **state)
{
	make(1, true, 1);
	plan.late_ns = 10 * STEP;
	order(LANE_START, START, "original");
	take(&lanes[0], START + 100 * STEP);
	assert_int_equal(seen_count, 101);
	assert_int_equal(lanes[0].tally.late, 90);
	take(&lanes[0], START + 101 * STEP);
	assert_int_equal(seen_count, 102);
	check_clean();
}

static void
test_late_drop(void **state)
{
	make(1, false, 1);
	plan.late = CONFIG_LATE_DROP;
	plan.late_ns = 10 * STEP;
	order(LANE_START, START, "original");
	take(&lanes[0], START + 100 * STEP);
	assert_int_equal(seen_count, 11);
	assert_int_equal(lanes[0].tally.dropped, 90);
	run(START + 100 * STEP, START + 1100 * STEP);
	assert_int_equal(seen_count, PACKETS - 90);
	assert_int_equal(block.left, 0);
	check_clean();
}

static void
test_late_shift(void **state)
{
	make(1, true, 1);
	plan.late = CONFIG_LATE_SHIFT;
	plan.late_ns = 10 * STEP;
	order(LANE_START, START, "original");
	take(&lanes[0], START + 100 * STEP);
	assert_int_equal(seen_count, 1);
	assert_int_equal(lanes[0].tally.late, 1);
	assert_int_equal(lanes[0].tally.shifted_ns, 100 * STEP);
	run(START + 101 * STEP, START + 1200 * STEP);
	assert_int_equal(seen_count, PACKETS);
	assert_int_equal(seen_at[PACKETS - 1], START + (100 + PACKETS - 1) * STEP);
	check_clean();
}

static void
test_many_loops(void **state)
{
	/* More of them than a 16-bit count of references could hold, each packet when it is due. */
	const uint64_t loops = 70000;

	make(1, true, loops);
	order(LANE_START, START, "original");
	for (uint64_t loop = 0; loop < loops; loop++)
		take(&lanes[0], START + ((loop + 1) * PACKETS - 1) * STEP);
	assert_int_equal(lanes[0].tally.sent, loops * PACKETS);
	assert_int_equal(lanes[0].tally.last_due_ns, START + (loops * PACKETS - 1) * STEP);
	take(&lanes[0], UINT64_MAX / 2);
	assert_int_equal(lanes[0].state, LANE_DONE);
	assert_int_equal(lanes[0].tally.loops, loops);
	check_clean();
}

static void
test_streaming_gives_its_packets_back(void **state)
{
	make(2, false, 1);
	timeline.end = UINT64_MAX;
	timeline.published = 400;
	order(LANE_START, START, "original");
	run(0, START + 500 * STEP);
	assert_int_equal(seen_count, 400);
	assert_int_equal(block.left, PACKETS - 400);
	assert_int_equal(timeline.lanes[0].passed, 400);
	assert_int_equal(timeline.lanes[1].passed, 400);
	assert_int_equal(lanes[0].tally.underruns, 1);
	timeline.published = PACKETS;
	timeline.end = PACKETS;
	run(START + 500 * STEP, START + 1100 * STEP);
	assert_int_equal(block.left, 0);
	assert_int_equal(lanes[0].tally.sent + lanes[1].tally.sent, PACKETS);
	assert_int_equal(lanes[0].state, LANE_DONE);
	check_clean();
}

static void
test_without_mbufs_it_waits(void **state)
{
	struct rte_mbuf *all[HEADERS], *packets[BURST_MAX];

	make(1, true, 1);
	order(LANE_START, START, "top");
	assert_int_equal(rte_mempool_get_bulk(plan.headers, (void **)all, HEADERS - 10), 0);
	assert_int_equal(replay_lane_take(&lanes[0], START, packets), 0);
	rte_mempool_put_bulk(plan.headers, (void **)all, HEADERS - 10);
	take(&lanes[0], START);
	assert_int_equal(seen_count, PACKETS);
	check_clean();
}

static void
test_a_packet_may_be_due_at_0(void **state)
{
	uint64_t due;

	/* As offline, where times are those of the capture. */
	make(1, true, 1);
	order(LANE_START, 0, "original");
	for (unsigned i = 0; i < PACKETS; i++) {
		assert_true(replay_lane_look(&lanes[0], &due));
		assert_int_equal(due, i * STEP);
		assert_int_equal(seen_count, i);
		take(&lanes[0], due);
	}
	assert_true(replay_lane_look(&lanes[0], &due));
	assert_int_equal(due, UINT64_MAX);
	check_clean();
}

static void
test_others_are_passed_by_what_the_timeline_says(void **state)
{
	uint64_t bits = 0;

	/* The bytes of the other lane's packets, and those before them, are anything by now. */
	make(2, true, 1);
	for (unsigned i = 0; i < PACKETS; i++) {
		if (entries[i].lane != 0) {
			memset(arena + i * LENGTH - sizeof(uint32_t), 0xff, LENGTH);
			lengths[i] = LENGTH + 1000 + i;
		}
	}
	for (unsigned i = 0; i < PACKETS; i++)
		memcpy(arena + i * LENGTH, &i, sizeof(i));
	order(LANE_START, START, "1Gbps");
	for (unsigned i = 0; i < PACKETS; i++) {
		if (entries[i].lane == 0) {
			if (START + bits > 0)
				take(&lanes[0], START + bits - 1);
			assert_true(seen_count == 0 || seen[seen_count - 1] < i);
			take(&lanes[0], START + bits);
			assert_int_equal(seen[seen_count - 1], i);
		}
		bits += lengths[i] * 8;
	}
	check_clean();
}

static void
test_time_goes_on_where_64_bits_end(void **state)
{
	const uint64_t loops = 60, speed = 1000000;

	/* 73 years of the capture a loop, in 38 minutes. */
	make(1, true, loops);
	timeline.period_ns = UINT64_C(1) << 61;
	order(LANE_START, START, "1000000x");
	for (uint64_t loop = 0; loop < loops; loop++) {
		uint64_t due = START + loop * (timeline.period_ns / speed) +
			       loop * (timeline.period_ns % speed) / speed;

		/* A nanosecond may be lost in 146 years. */
		take(&lanes[0], due - 1 - loop);
		assert_int_equal(lanes[0].tally.sent, loop * PACKETS);
		take(&lanes[0], due + PACKETS * STEP / speed + 1);
		assert_int_equal(lanes[0].tally.sent, (loop + 1) * PACKETS);
	}
	check_clean();
}

static void
test_what_is_beyond_the_end_of_time_does_not_come(void **state)
{
	make(1, true, 1);
	entries[PACKETS - 1].time_ns = SCHEDULE_SPAN_MAX;
	order(LANE_START, START, "0.0001x");
	take(&lanes[0], UINT64_MAX / 2);
	assert_int_equal(seen_count, PACKETS - 1);
	assert_int_equal(replay_lane_wakes(&lanes[0]), SCHEDULE_NEVER);
	check_clean();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_time),
		cmocka_unit_test(test_late_catch_up),
		cmocka_unit_test(test_late_drop),
		cmocka_unit_test(test_late_shift),
		cmocka_unit_test(test_many_loops),
		cmocka_unit_test(test_streaming_gives_its_packets_back),
		cmocka_unit_test(test_without_mbufs_it_waits),
		cmocka_unit_test(test_a_packet_may_be_due_at_0),
		cmocka_unit_test(test_others_are_passed_by_what_the_timeline_says),
		cmocka_unit_test(test_time_goes_on_where_64_bits_end),
		cmocka_unit_test(test_what_is_beyond_the_end_of_time_does_not_come),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
