/* SPDX-License-Identifier: BSD-3-Clause */
/* Orders to lanes: all lanes carry one out at the same packet, none waits for ever, and time goes on as it should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lane_kit.h"

static void
test_a_pause_is_a_gap_and_nothing_else(void **state)
{
	make(2, true, 1);
	order(LANE_START, START, "original");
	run(0, START + 300 * STEP);
	order(LANE_PAUSE, START + 310 * STEP, NULL);
	run(START + 300 * STEP, START + 500 * STEP);
	assert_int_equal(seen_count, 310);
	assert_int_equal(lanes[0].state, LANE_PAUSED);
	assert_int_equal(lanes[1].state, LANE_PAUSED);
	order(LANE_RESUME, START + 600 * STEP, NULL);
	run(START + 500 * STEP, START + 2000 * STEP);
	assert_int_equal(seen_count, PACKETS);
	for (unsigned i = 0; i < PACKETS; i++) {
		assert_int_equal(seen[i], i);
		assert_int_equal(seen_at[i], START + (i < 310 ? i : i + 290) * STEP);
	}
	check_clean();
}

static void
test_a_new_pace_begins_without_a_jump(void **state)
{
	/* From a packet a microsecond to one in two: the packet at which it changes keeps its time. */
	make(2, true, 1);
	order(LANE_START, START, "original");
	run(0, START + 100 * STEP);
	order(LANE_PACE, START + 200 * STEP, "500kpps");
	run(START + 100 * STEP, START + 3000 * STEP);
	assert_int_equal(seen_count, PACKETS);
	for (unsigned i = 0; i < PACKETS; i++) {
		assert_int_equal(seen[i], i);
		assert_int_equal(seen_at[i], START + (i < 200 ? i : 200 + (i - 200) * 2) * STEP);
	}
	check_clean();
}

static void
test_a_pace_for_a_lane_that_is_behind(void **state)
{
	/* It asked for more than it got; what it owes is forgotten with the old pace. */
	make(1, true, 1);
	plan.late_ns = 10 * STEP;
	order(LANE_START, START, "original");
	take(&lanes[0], START);
	order(LANE_PACE, START + 500 * STEP, "1Mpps");
	take(&lanes[0], START + 500 * STEP - 1);
	assert_in_range(seen_count, 1, 2);
	run(START + 500 * STEP, START + 600 * STEP);
	assert_in_range(seen_count, 100, 102);
	check_clean();
}

static void
test_stop_in_the_middle(void **state)
{
	make(1, true, 1);
	order(LANE_START, START, "original");
	run(0, START + 300 * STEP);
	assert_int_equal(seen_count, 300);
	order(LANE_STOP, 0, NULL);
	take(&lanes[0], START);
	assert_int_equal(lanes[0].state, LANE_STOPPED);
	assert_true(headers_are_back(plan.headers));

	/* Again, from the beginning. */
	seen_count = 0;
	order(LANE_START, START, "1Mpps");
	run(0, START + 10 * STEP);
	assert_int_equal(seen_count, 10);
	assert_int_equal(seen[0], 0);
	assert_int_equal(lanes[0].tally.sent, 10);
	assert_int_equal(lanes[0].tally.packet, 10);
	check_clean();
}

static void
test_a_pause_in_the_middle_of_a_gap(void **state)
{
	/* What was left of the gap is left afterwards too. */
	make(2, true, 1);
	order(LANE_START, START, "original");
	run(0, START + 300 * STEP);
	order(LANE_PAUSE, START + 310 * STEP + STEP / 5, NULL);
	run(START + 300 * STEP, START + 500 * STEP);
	assert_int_equal(seen_count, 311);
	order(LANE_RESUME, START + 600 * STEP, NULL);
	run(START + 500 * STEP, START + 2000 * STEP);
	assert_int_equal(seen_count, PACKETS);
	for (unsigned i = 311; i < PACKETS; i++)
		assert_int_equal(seen_at[i], START + (600 + i - 311) * STEP + STEP * 4 / 5);
	check_clean();
}

static void
test_a_new_pace_in_the_middle_of_a_gap(void **state)
{
	make(1, true, 1);
	order(LANE_START, START, "1kpps");
	run(0, START + 10 * STEP);
	assert_int_equal(seen_count, 1);
	/* Nine tenths of a millisecond are left: nine tenths of two microseconds at the new pace. */
	order(LANE_PACE, START + 100 * STEP, "500kpps");
	run(START + 10 * STEP, START + 200 * STEP);
	assert_in_range(seen_at[1], START + 101 * STEP + STEP * 7 / 10,
			START + 101 * STEP + STEP * 9 / 10);
	assert_int_equal(seen_at[2] - seen_at[1], 2 * STEP);
	check_clean();
}

/* A gap of an hour, in which the pace changes by so much. */
static void
in_a_long_gap(unsigned lane_count, const char *before, const char *after, uint64_t least,
	      uint64_t most)
{
	const uint64_t hour = UINT64_C(3600000000000);

	make(lane_count, true, 1);
	for (unsigned i = 10; i < PACKETS; i++)
		entries[i].time_ns += hour;
	order(LANE_START, START, before);
	for (uint64_t now = START; now < START + 20 * STEP; now += STEP) {
		for (unsigned i = 0; i < lane_count; i++)
			take(&lanes[i], now);
	}
	assert_int_equal(seen_count, 10);
	order(LANE_PACE, START + 30 * STEP, after);
	for (unsigned i = 0; i < lane_count; i++) {
		take(&lanes[i], START + 20 * STEP);
		assert_int_equal(lanes[i].obeyed, plan.ordered);
		assert_in_range(replay_lane_wakes(&lanes[i]), START + 30 * STEP + least,
				START + 30 * STEP + most);
	}
	for (unsigned i = 0; i < lane_count; i++)
		take(&lanes[i], START + 30 * STEP + most);
	assert_true(seen_count > 10);
	check_clean();
}

static void
test_a_new_pace_in_a_long_gap(void **state)
{
	const uint64_t minute = UINT64_C(60000000000);

	in_a_long_gap(1, "original", "top", 0, STEP);
	in_a_long_gap(1, "original", "1kpps", 0, STEP);
	in_a_long_gap(1, "original", "1Gbps", 0, STEP);
	in_a_long_gap(1, "original", "60x", minute - 1000000, minute);
	in_a_long_gap(1, "0.5x", "30x", 4 * minute / 2 - 1000000, 2 * minute);
	in_a_long_gap(2, "original", "top", 0, STEP);
	in_a_long_gap(2, "original", "60x", minute - 1000000, minute);
}

static bool
is_obeyed(const struct replay_lane *lane)
{
	return lane->obeyed == plan.ordered;
}

/* One burst, as a worker takes it whose port is slower than the pace. */
static unsigned
take_once(struct replay_lane *lane, uint64_t now)
{
	struct rte_mbuf *packets[BURST_MAX];
	uint16_t count = replay_lane_take(lane, now, packets);

	replay_lane_handed(lane, count, count * LENGTH, now);
	rte_pktmbuf_free_bulk(packets, count);
	return count;
}

static void
test_orders_do_not_wait_for_what_is_owed(void **state)
{
	/* However much a replay is allowed to be late. */
	make(1, true, 1);
	order(LANE_START, START, "original");
	assert_int_equal(take_once(&lanes[0], START + 500 * STEP), BURST_MAX);
	order(LANE_PAUSE, START + 700 * STEP, NULL);
	assert_int_equal(take_once(&lanes[0], START + 500 * STEP), 0);
	assert_int_equal(lanes[0].state, LANE_PAUSED);
	assert_true(is_obeyed(&lanes[0]));
	order(LANE_RESUME, START + 1700 * STEP, NULL);
	take(&lanes[0], START + 1500 * STEP);
	assert_int_equal(lanes[0].tally.sent, 501);
	check_clean();
}

static void
test_a_new_order_takes_the_place_of_one_that_waits(void **state)
{
	make(1, true, 1);
	order(LANE_START, START, "original");
	take(&lanes[0], START);
	order(LANE_PAUSE, START + 900 * STEP, NULL);
	take(&lanes[0], START + STEP);
	assert_false(is_obeyed(&lanes[0]));
	order(LANE_STOP, 0, NULL);
	take(&lanes[0], START + 2 * STEP);
	assert_true(is_obeyed(&lanes[0]));
	assert_int_equal(lanes[0].state, LANE_STOPPED);
	assert_int_equal(seen_count, 2);
	check_clean();
}

static void
test_orders_while_there_is_nothing_to_send(void **state)
{
	make(1, false, 1);
	timeline.end = UINT64_MAX;
	timeline.published = 400;
	order(LANE_START, START, "original");
	run(0, START + 500 * STEP);
	order(LANE_PACE, START + 600 * STEP, "500kpps");
	take(&lanes[0], START + 500 * STEP);
	assert_true(is_obeyed(&lanes[0]));
	order(LANE_PAUSE, START + 700 * STEP, NULL);
	take(&lanes[0], START + 600 * STEP);
	assert_true(is_obeyed(&lanes[0]));
	order(LANE_RESUME, START + 800 * STEP, NULL);
	take(&lanes[0], START + 700 * STEP);
	assert_true(is_obeyed(&lanes[0]));
	assert_int_equal(seen_count, 400);
	/* The pace has its time from the first packet that comes. */
	timeline.published = timeline.end = PACKETS;
	run(START + 900 * STEP, START + 3000 * STEP);
	assert_int_equal(seen_count, PACKETS);
	for (unsigned i = 400; i < PACKETS; i++)
		assert_int_equal(seen_at[i], START + (900 + 2 * (i - 400)) * STEP);
	check_clean();
}

static void
test_lanes_that_stand_apart_go_on_together(void **state)
{
	uint64_t first = START + 20 * STEP;
	unsigned behind;

	/* At top pace nothing holds them together. */
	make(2, true, 1);
	order(LANE_START, START, "top");
	take_once(&lanes[1], START);
	for (unsigned i = 0; i < 10; i++)
		take_once(&lanes[0], START);
	order(LANE_PAUSE, START, NULL);
	take(&lanes[0], START);
	take(&lanes[1], START);
	assert_true(lanes[0].units.packets > lanes[1].units.packets + 100);
	behind = lanes[1].tally.sent;
	order(LANE_RESUME, first, "1Mpps");
	plan.order.anchored = true;
	plan.order.place.units = lanes[0].units;
	run(START, START + 2000 * STEP);
	/* What the one behind owed leaves at once, and from there on both keep one time. */
	for (unsigned i = 0; i < seen_count; i++) {
		uint64_t at = seen[i] < plan.order.place.units.packets
				      ? 0
				      : seen[i] - plan.order.place.units.packets;

		assert_int_equal(seen_at[i], first + at * STEP);
	}
	assert_int_equal(lanes[0].tally.sent + lanes[1].tally.sent, PACKETS);
	assert_true(lanes[1].tally.sent > behind);
	check_clean();
}

static void
test_lateness_moves_all_lanes_alike(void **state)
{
	make(2, true, 1);
	plan.late = CONFIG_LATE_SHIFT;
	plan.late_ns = 10 * STEP;
	order(LANE_START, START, "original");
	run(START, START + 50 * STEP);
	/* Both stand still for a while; the one that is looked at first has less to make good. */
	take(&lanes[0], START + 100 * STEP);
	take(&lanes[1], START + 120 * STEP);
	run(START + 120 * STEP, START + 1200 * STEP);
	assert_int_equal(lanes[0].tally.shifted_ns, lanes[1].tally.shifted_ns);
	assert_int_equal(seen_count, PACKETS);
	for (unsigned i = PACKETS - 10; i < PACKETS; i++)
		assert_int_equal(seen_at[i] - seen_at[i - 1], STEP);
	check_clean();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pause_is_a_gap_and_nothing_else),
		cmocka_unit_test(test_a_new_pace_begins_without_a_jump),
		cmocka_unit_test(test_a_pace_for_a_lane_that_is_behind),
		cmocka_unit_test(test_stop_in_the_middle),
		cmocka_unit_test(test_a_pause_in_the_middle_of_a_gap),
		cmocka_unit_test(test_a_new_pace_in_the_middle_of_a_gap),
		cmocka_unit_test(test_a_new_pace_in_a_long_gap),
		cmocka_unit_test(test_orders_do_not_wait_for_what_is_owed),
		cmocka_unit_test(test_a_new_order_takes_the_place_of_one_that_waits),
		cmocka_unit_test(test_orders_while_there_is_nothing_to_send),
		cmocka_unit_test(test_lanes_that_stand_apart_go_on_together),
		cmocka_unit_test(test_lateness_moves_all_lanes_alike),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
