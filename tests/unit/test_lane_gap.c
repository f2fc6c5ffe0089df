/* SPDX-License-Identifier: BSD-3-Clause */
/* No pause is longer than max-gap: between packets and loops, at every speed, whatever orders come within one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lane_kit.h"
#include "replay/run.h"

#define HOUR UINT64_C(3600000000000)
#define MAX_GAP (20 * STEP)

static uint64_t due_at[4 * PACKETS];

/* Pauses of an hour before some of the packets, and between loops. */
static void
make_pauses(unsigned lane_count, uint64_t loops)
{
	uint64_t pauses = 0;

	make(lane_count, true, loops);
	plan.max_gap_ns = MAX_GAP;
	for (unsigned i = 0; i < PACKETS; i++) {
		if (i % 300 == 299)
			pauses += HOUR;
		entries[i].time_ns += pauses;
	}
	timeline.period_ns = entries[PACKETS - 1].time_ns + HOUR;
}

/* When each packet is due, from a number on that is due at at_ns. */
static void
foretell(unsigned from, uint64_t at_ns, double speed)
{
	double at = (double)at_ns;

	for (unsigned i = from; i < 4 * PACKETS; i++) {
		bool paused = i % PACKETS == 0 || i % PACKETS % 300 == 299;
		bool longer = paused || STEP / speed > MAX_GAP;

		if (i > from)
			at += longer ? MAX_GAP : STEP / speed;
		due_at[i] = (uint64_t)at;
	}
}

static void
assert_dues(unsigned from, unsigned until)
{
	for (unsigned i = from; i < until; i++) {
		assert_int_equal(seen[i], i % PACKETS);
		assert_in_range(seen_at[i], due_at[i], due_at[i] + STEP / 10);
	}
}

static void
test_no_pause_is_longer(void **state)
{
	static const struct {
		const char *pace;
		double speed;
	} paces[] = {{"original", 1}, {"2x", 2}, {"0.5x", 0.5}};

	for (unsigned i = 0; i < 3; i++) {
		for (unsigned lane_count = 1; lane_count <= 2; lane_count++) {
			make_pauses(lane_count, 3);
			order(LANE_START, START, paces[i].pace);
			foretell(0, START, paces[i].speed);
			run(START, due_at[3 * PACKETS - 1] + STEP);
			assert_int_equal(seen_count, 3 * PACKETS);
			assert_dues(0, 3 * PACKETS);
			/* Where it is in the capture, all pauses included. */
			assert_int_equal(lanes[0].tally.time_ns,
					 2 * timeline.period_ns + entries[PACKETS - 1].time_ns);
			check_clean();
		}
	}
}

static void
test_shorter_pauses_stay_as_they_are(void **state)
{
	make(1, true, 1);
	plan.max_gap_ns = 5 * STEP;
	for (unsigned i = 0; i < PACKETS; i++)
		entries[i].time_ns = i * 4 * STEP;
	order(LANE_START, START, "original");
	run(START, START + 4 * PACKETS * STEP);
	for (unsigned i = 0; i < PACKETS; i++)
		assert_int_equal(seen_at[i], START + i * 4 * STEP);
	check_clean();
}

/* The rest of the pause at the new pace, but no more than what it may last in all. */
static void
test_a_new_pace_within_a_pause(void **state)
{
	static const struct {
		const char *pace;
		double speed;
		unsigned rest; /* steps */
	} paces[] = {{"2x", 2, 6}, {"0.01x", 0.01, 12}, {"1000x", 1000, 0}};

	for (unsigned i = 0; i < 3; i++) {
		uint64_t last, change;

		make_pauses(1, 1);
		order(LANE_START, START, "original");
		run(START, START + 300 * STEP);
		assert_int_equal(seen_count, 299);
		last = seen_at[298];
		change = last + 8 * STEP;
		order(LANE_PACE, change, paces[i].pace);
		run(START + 300 * STEP, change + paces[i].rest * STEP + STEP / 2);
		assert_in_range(seen_count, 300, 1000);
		assert_in_range(seen_at[299], change, change + paces[i].rest * STEP + STEP / 10);
		assert_true(seen_at[299] - last <= MAX_GAP);
		foretell(299, seen_at[299], paces[i].speed);
		run(change + paces[i].rest * STEP + STEP / 2, due_at[320]);
		assert_in_range(seen_count, 320, 1000);
		if (paces[i].speed < 1000)
			assert_dues(299, 320);
		check_clean();
	}
}

/* What is left of it then is left afterwards. */
static void
test_a_stop_within_a_pause(void **state)
{
	make_pauses(2, 1);
	order(LANE_START, START, "original");
	run(START, START + 300 * STEP);
	order(LANE_PAUSE, START + (298 + 8) * STEP, NULL);
	run(START + 300 * STEP, START + 900 * STEP);
	assert_int_equal(seen_count, 299);
	assert_int_equal(lanes[0].state, LANE_PAUSED);
	order(LANE_RESUME, START + 1000 * STEP, NULL);
	run(START + 900 * STEP, START + 1100 * STEP);
	assert_int_equal(seen_at[299], START + (1000 + 12) * STEP);
	check_clean();
}

/* Lanes that stood apart have one time again, also where one of them has yet to come to a pause. */
static void
test_lanes_that_stand_apart(void **state)
{
	struct rte_mbuf *packets[BURST_MAX];
	uint64_t first = START + 20 * STEP;
	unsigned foremost;

	make_pauses(2, 1);
	order(LANE_START, START, "top");
	take(&lanes[1], START - 1);
	for (unsigned i = 0; i < 12; i++) {
		uint16_t count = replay_lane_take(&lanes[0], START, packets);

		replay_lane_handed(&lanes[0], count, count * LENGTH, START);
		rte_pktmbuf_free_bulk(packets, count);
	}
	order(LANE_PAUSE, START, NULL);
	take(&lanes[0], START);
	take(&lanes[1], START);
	foremost = lanes[0].units.packets;
	assert_in_range(foremost, 600, 898);
	assert_in_range(lanes[1].units.packets, 0, 100);
	order(LANE_RESUME, first, "original");
	plan.order.anchored = true;
	plan.order.place.units = lanes[0].units;
	plan.order.place.gap = lanes[0].gap;
	seen_count = 0;
	foretell(foremost, first, 1);
	run(START, due_at[PACKETS - 1] + STEP);
	for (unsigned i = 0; i < seen_count; i++)
		assert_int_equal(seen_at[i], seen[i] < foremost ? first : due_at[seen[i]]);
	assert_int_equal(lanes[0].tally.sent + lanes[1].tally.sent, PACKETS);
	check_clean();
}

/* Each waits for its own packet, of which one comes hours after the others: a new pace is one for all of them from the
 * next packet on, and none of those before the last one leaves early. */
static void
test_lanes_that_wait_for_packets_far_apart(void **state)
{
	static struct replay replay;
	const uint64_t last = START + 298 * STEP, resumed = last + 8 * STEP;

	make_pauses(2, 1);
	for (unsigned i = 0; i < PACKETS; i++) {
		bool rare = i % 300 == 299 || i < 10;

		entries[i].time_ns = i < 299 ? i * STEP : (i - 298) * HOUR;
		entries[i].lane = owners[i] = rare ? 0 : 1;
	}
	replay = (struct replay){.lanes = {&lanes[0], &lanes[1]}, .lane_count = 2};
	replay.plan.max_gap_ns = MAX_GAP;
	replay.pace = (struct config_pace){CONFIG_PACE_ORIGINAL, 2, 1};
	order(LANE_START, START, "original");
	run(START, last + STEP);
	assert_int_equal(seen_count, 299);
	order(LANE_PAUSE, last + 5 * STEP, NULL);
	run(last + STEP, resumed);
	order(LANE_RESUME, resumed, NULL);
	replay_rejoin(&replay, &plan.order);
	run(resumed, resumed + 400 * STEP);
	/* 15 of the 20 steps are left of the pause, and half as many at twice the pace. */
	assert_in_range(seen_at[299], resumed + 7 * STEP, resumed + 8 * STEP);
	for (unsigned i = 299; i < seen_count; i++) {
		assert_int_equal(seen[i], i);
		if (i > 299)
			assert_in_range(seen_at[i] - seen_at[i - 1], MAX_GAP - STEP / 10,
					MAX_GAP + STEP / 10);
	}
	assert_in_range(seen_count, 315, 325);
	check_clean();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_pause_is_longer),
		cmocka_unit_test(test_shorter_pauses_stay_as_they_are),
		cmocka_unit_test(test_a_new_pace_within_a_pause),
		cmocka_unit_test(test_a_stop_within_a_pause),
		cmocka_unit_test(test_lanes_that_stand_apart),
		cmocka_unit_test(test_lanes_that_wait_for_packets_far_apart),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
