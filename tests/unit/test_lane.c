/* SPDX-License-Identifier: BSD-3-Clause */
/* Lanes over timelines made by hand: what leaves when, orders, lateness, loops, and no mbuf lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "port/time.h"
#include "replay/headers.h"
#include "replay/lane.h"
#include "replay/owners.h"

#define PACKETS 1000
#define LENGTH 64
#define STEP 1000 /* ns between two packets of the capture */
#define START 1000000
#define HEADERS 1023

static struct timeline timeline;
static struct timeline_block block;
static struct timeline_entry entries[1024];
static uint8_t owners[1024 + OWNERS_STEP];
static uint8_t *arena;
static uint64_t iova;
static struct lane_plan plan;
static struct replay_lane lanes[2];

/* What lanes gave: packet numbers, with the time at which they were given. */
static unsigned seen[4 * PACKETS];
static uint64_t seen_at[4 * PACKETS];
static unsigned seen_count;

static void
order(enum lane_verb verb, uint64_t at_ns, const char *pace)
{
	char reason[256];

	plan.order = (struct lane_order){.verb = verb, .at_ns = at_ns};
	if (pace)
		assert_int_equal(config_pace_parse(pace, &plan.order.pace, reason, sizeof(reason)),
				 0);
	atomic_fetch_add(&plan.ordered, 1);
}

static void
make(unsigned lane_count, bool resident, uint64_t loops)
{
	memset(&timeline, 0, sizeof(timeline));
	memset(lanes, 0, sizeof(lanes));
	memset(&plan, 0, sizeof(plan));
	timeline.arena = arena;
	timeline.iova = &iova;
	timeline.blocks = &block;
	timeline.block_count = 1;
	timeline.entries = entries;
	timeline.owners = owners;
	timeline.mask = 1023;
	timeline.lane_count = lane_count;
	timeline.resident = resident;
	timeline.end = PACKETS;
	timeline.published = PACKETS;
	timeline.period_ns = PACKETS * STEP;
	block.left = PACKETS;
	for (unsigned i = 0; i < PACKETS; i++) {
		memcpy(arena + i * LENGTH, &i, sizeof(i));
		entries[i] = (struct timeline_entry){.time_ns = i * STEP,
						     .offset = i * LENGTH,
						     .length = LENGTH,
						     .lane = i * 7 % lane_count};
		owners[i] = entries[i].lane;
	}
	plan.timeline = &timeline;
	plan.loops = loops;
	plan.late_ns = UINT64_MAX / 4;
	plan.headers = headers_make("headers", HEADERS, 0, SOCKET_ID_ANY, &timeline);
	assert_non_null(plan.headers);
	for (unsigned i = 0; i < lane_count; i++) {
		lanes[i].plan = &plan;
		lanes[i].index = i;
	}
	seen_count = 0;
}

static void
check_clean(void)
{
	order(LANE_STOP, 0, NULL);
	for (unsigned i = 0; i < timeline.lane_count; i++) {
		struct rte_mbuf *none[BURST_MAX];

		assert_int_equal(replay_lane_take(&lanes[i], 0, none), 0);
	}
	assert_true(headers_are_back(plan.headers));
	rte_mempool_free(plan.headers);
}

static void
take(struct replay_lane *lane, uint64_t now)
{
	struct rte_mbuf *packets[BURST_MAX];
	uint16_t count;

	while ((count = replay_lane_take(lane, now, packets)) > 0) {
		replay_lane_handed(lane, count, count * LENGTH, now);
		for (uint16_t i = 0; i < count; i++) {
			assert_int_equal(packets[i]->pkt_len, LENGTH);
			assert_ptr_equal(rte_pktmbuf_mtod(packets[i], uint8_t *),
					 arena + *rte_pktmbuf_mtod(packets[i], unsigned *) *
							 LENGTH);
			if (seen_count < 4 * PACKETS) {
				seen[seen_count] = *rte_pktmbuf_mtod(packets[i], unsigned *);
				seen_at[seen_count++] = now;
			}
			rte_pktmbuf_free(packets[i]);
		}
	}
}

/* Lets time go on to until_ns, in steps small enough to see every packet alone. */
static void
run(uint64_t from_ns, uint64_t until_ns)
{
	for (uint64_t now = from_ns; now < until_ns; now += STEP / 10) {
		for (unsigned i = 0; i < timeline.lane_count; i++)
			take(&lanes[i], now);
	}
}

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
	assert_int_equal(lanes[0].tally.errors.max, 0);
	check_clean();
}

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

static int
setup(void **state)
{
	test_eal_start();
	arena = aligned_alloc(4096, 65536);
	iova = (uintptr_t)arena;
	return arena ? packet_time_register() : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_time),
		cmocka_unit_test(test_a_pause_is_a_gap_and_nothing_else),
		cmocka_unit_test(test_a_new_pace_begins_without_a_jump),
		cmocka_unit_test(test_a_pace_for_a_lane_that_is_behind),
		cmocka_unit_test(test_late_catch_up),
		cmocka_unit_test(test_late_drop),
		cmocka_unit_test(test_late_shift),
		cmocka_unit_test(test_many_loops),
		cmocka_unit_test(test_streaming_gives_its_packets_back),
		cmocka_unit_test(test_without_mbufs_it_waits),
		cmocka_unit_test(test_stop_in_the_middle),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
