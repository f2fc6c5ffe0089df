/* SPDX-License-Identifier: BSD-3-Clause */
/* Lanes whose port has no room for all that is due: nothing is lost, orders are carried out, and a lane is done only when
 * nothing waits and all that it did can be seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lane_kit.h"

/* What a lane and a port make of a burst of which the port takes so many: as replay_lane_send, without a device. */
static uint16_t
send_some(struct replay_lane *lane, uint64_t now, uint16_t room)
{
	struct rte_mbuf *packets[BURST_MAX];
	uint16_t count = replay_lane_take(lane, now, packets);
	uint16_t sent = count < room ? count : room;

	if (count == 0)
		return 0;
	replay_lane_handed(lane, sent, sent * LENGTH, now);
	for (uint16_t i = 0; i < sent; i++)
		seen[seen_count++] = *rte_pktmbuf_mtod(packets[i], unsigned *);
	rte_pktmbuf_free_bulk(packets, sent);
	lane->waiting = count - sent;
	memcpy(lane->held, packets + sent, lane->waiting * sizeof(*packets));
	memmove(lane->dues, lane->dues + sent, lane->waiting * sizeof(*lane->dues));
	return sent;
}

static void
assert_all_in_order(unsigned count)
{
	assert_int_equal(seen_count, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(seen[i], i);
}

static bool
is_obeyed(const struct replay_lane *lane)
{
	return lane->obeyed == plan.ordered;
}

/* Streaming: what waits keeps its block, and what was passed is known before the lane is done. */
static void
test_the_last_burst_waits_for_room(void **state)
{
	make(1, false, 1);
	order(LANE_START, START, "top");
	while (seen_count < PACKETS - 8)
		assert_int_equal(send_some(&lanes[0], START, 32), 32);
	assert_int_equal(send_some(&lanes[0], START, 3), 3);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(send_some(&lanes[0], START, 0), 0);
		assert_int_equal(lanes[0].state_seen, LANE_RUNNING);
		assert_int_equal(lanes[0].waiting, 5);
	}
	assert_int_equal(block.left, 5);
	assert_int_equal(replay_lane_wakes(&lanes[0]), START);
	assert_int_equal(send_some(&lanes[0], START, 32), 5);
	assert_int_equal(lanes[0].state_seen, LANE_RUNNING);
	assert_int_equal(timeline.lanes[0].passed, PACKETS);
	assert_int_equal(lanes[0].tally.packet, PACKETS);
	/* From here on a new beginning may have cleared it. */
	timeline.lanes[0].passed = 0;
	assert_int_equal(send_some(&lanes[0], START, 32), 0);
	assert_int_equal(lanes[0].state_seen, LANE_DONE);
	assert_int_equal(timeline.lanes[0].passed, 0);
	assert_int_equal(lanes[0].tally.loops, 1);
	assert_int_equal(lanes[0].tally.sent, PACKETS);
	assert_int_equal(block.left, 0);
	assert_all_in_order(PACKETS);
	check_clean();
}

/* A lane none of whose packets is the last walks to the end over the other's; neither is done while it passes any. */
static void
test_done_is_seen_after_what_was_passed(void **state)
{
	make(2, false, 1);
	order(LANE_START, START, "original");
	for (uint64_t now = START; now < START + 1100 * STEP; now += STEP) {
		for (unsigned i = 0; i < 2; i++) {
			uint64_t passed = timeline.lanes[i].passed;

			send_some(&lanes[i], now, 32);
			if (lanes[i].state_seen != LANE_DONE)
				continue;
			assert_int_equal(passed, PACKETS);
			timeline.lanes[i].passed = 77;
			send_some(&lanes[i], now, 32);
			assert_int_equal(timeline.lanes[i].passed, 77);
			timeline.lanes[i].passed = PACKETS;
		}
	}
	assert_int_equal(lanes[0].state_seen, LANE_DONE);
	assert_int_equal(lanes[1].state_seen, LANE_DONE);
	assert_int_equal(lanes[0].tally.sent + lanes[1].tally.sent, PACKETS);
	check_clean();
}

/* What waits does not wait for the packet behind it too. */
static void
test_a_burst_before_a_gap(void **state)
{
	make(1, true, 1);
	for (unsigned i = 20; i < PACKETS; i++)
		entries[i].time_ns += UINT64_C(3600000000000);
	for (unsigned i = 0; i < 20; i++)
		entries[i].time_ns = 0;
	order(LANE_START, START, "original");
	assert_int_equal(send_some(&lanes[0], START, 10), 10);
	assert_int_equal(replay_lane_wakes(&lanes[0]), START);
	assert_int_equal(send_some(&lanes[0], START + 1, 32), 10);
	assert_all_in_order(20);
	assert_true(replay_lane_wakes(&lanes[0]) > START + UINT64_C(3600000000000));
	check_clean();
}

static void
test_a_pause_at_a_full_port(void **state)
{
	make(1, true, 1);
	order(LANE_START, START, "original");
	run(START, START + 10 * STEP);
	assert_int_equal(send_some(&lanes[0], START + 20 * STEP, 4), 4);
	order(LANE_PAUSE, START + 21 * STEP, NULL);
	for (uint64_t now = START + 20 * STEP; now < START + 300 * STEP; now += STEP)
		send_some(&lanes[0], now, 0);
	assert_true(is_obeyed(&lanes[0]));
	assert_int_equal(lanes[0].state_seen, LANE_PAUSED);
	assert_int_equal(lanes[0].waiting, 7);
	/* The pause is in no packet's error, and nothing leaves before it is over. */
	order(LANE_RESUME, START + 1021 * STEP, NULL);
	assert_int_equal(send_some(&lanes[0], START + 1000 * STEP, 32), 0);
	assert_int_equal(send_some(&lanes[0], START + 1021 * STEP, 32), 7);
	assert_true(lanes[0].errors.max <= 11 * STEP);
	run(START + 1022 * STEP, START + 2100 * STEP);
	assert_all_in_order(PACKETS);
	check_clean();
}

/* Where nothing comes behind what waits. */
static void
test_a_pause_of_the_last_burst(void **state)
{
	make(1, true, 1);
	order(LANE_START, START, "top");
	while (seen_count < PACKETS - 8)
		send_some(&lanes[0], START, 32);
	assert_int_equal(send_some(&lanes[0], START, 0), 0);
	order(LANE_PACE, START, "1Mpps");
	assert_int_equal(send_some(&lanes[0], START, 0), 0);
	assert_true(is_obeyed(&lanes[0]));
	order(LANE_PAUSE, START, NULL);
	assert_int_equal(send_some(&lanes[0], START, 0), 0);
	assert_true(is_obeyed(&lanes[0]));
	assert_int_equal(lanes[0].state_seen, LANE_PAUSED);
	assert_int_equal(send_some(&lanes[0], START, 32), 0);
	order(LANE_RESUME, START, NULL);
	assert_int_equal(send_some(&lanes[0], START, 32), 8);
	assert_all_in_order(PACKETS);
	assert_int_equal(send_some(&lanes[0], START, 32), 0);
	assert_int_equal(lanes[0].state_seen, LANE_DONE);
	check_clean();
}

static void
test_stop_and_start_at_a_full_port(void **state)
{
	make(1, false, 1);
	order(LANE_START, START, "top");
	assert_int_equal(send_some(&lanes[0], START, 2), 2);
	order(LANE_STOP, 0, NULL);
	assert_int_equal(send_some(&lanes[0], START, 32), 0);
	assert_int_equal(lanes[0].waiting, 0);
	assert_true(headers_are_back(plan.headers));
	assert_int_equal(block.left, PACKETS - 32);
	assert_int_equal(timeline.lanes[0].passed, 32);
	/* Not one of them leaves in the next run. */
	block.left = PACKETS;
	timeline.lanes[0].passed = 0;
	seen_count = 0;
	order(LANE_START, START, "top");
	while (seen_count < PACKETS)
		send_some(&lanes[0], START, 5);
	assert_all_in_order(PACKETS);
	assert_int_equal(lanes[0].tally.run, 3);
	check_clean();
}

static void
test_an_order_that_comes_too_late(void **state)
{
	/* It waits for a packet, and there is none behind the last one: it is obeyed by being done. */
	make(1, true, 1);
	order(LANE_START, START, "original");
	run(START, START + (PACKETS - 1) * STEP);
	assert_int_equal(seen_count, PACKETS - 1);
	order(LANE_PAUSE, START + 2 * PACKETS * STEP, NULL);
	run(START + (PACKETS - 1) * STEP, START + (PACKETS + 1) * STEP);
	assert_int_equal(seen_count, PACKETS);
	assert_int_equal(lanes[0].state_seen, LANE_DONE);
	assert_true(is_obeyed(&lanes[0]));
	check_clean();
}

static void
test_loops_at_a_full_port(void **state)
{
	make(2, true, 3);
	order(LANE_START, START, "top");
	for (unsigned i = 0; lanes[0].state_seen != LANE_DONE || lanes[1].state_seen != LANE_DONE;
	     i++) {
		send_some(&lanes[0], START, i % 5);
		send_some(&lanes[1], START, i % 3);
		assert_true(i < 10 * PACKETS);
	}
	assert_int_equal(seen_count, 3 * PACKETS);
	assert_int_equal(lanes[0].tally.loops, 3);
	assert_int_equal(lanes[1].tally.loops, 3);
	check_clean();
}

/* The reader says that it is at the end only after the last packet. */
static void
test_the_end_is_no_underrun(void **state)
{
	make(1, false, 1);
	timeline.end = UINT64_MAX;
	order(LANE_START, START, "top");
	while (send_some(&lanes[0], START, 32))
		;
	send_some(&lanes[0], START, 32);
	assert_int_equal(lanes[0].tally.underruns, 1);
	timeline.end = PACKETS;
	send_some(&lanes[0], START, 32);
	assert_int_equal(lanes[0].state_seen, LANE_DONE);
	assert_int_equal(lanes[0].tally.underruns, 0);
	check_clean();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_burst_waits_for_room),
		cmocka_unit_test(test_done_is_seen_after_what_was_passed),
		cmocka_unit_test(test_a_burst_before_a_gap),
		cmocka_unit_test(test_a_pause_at_a_full_port),
		cmocka_unit_test(test_a_pause_of_the_last_burst),
		cmocka_unit_test(test_stop_and_start_at_a_full_port),
		cmocka_unit_test(test_an_order_that_comes_too_late),
		cmocka_unit_test(test_loops_at_a_full_port),
		cmocka_unit_test(test_the_end_is_no_underrun),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
