/* SPDX-License-Identifier: BSD-3-Clause */
/* Lanes over timelines made by hand, on a clock made by hand. Include after cmocka's headers. */
#ifndef LANE_KIT_H
#define LANE_KIT_H

#include <stdlib.h>
#include <string.h>

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
static uint16_t lengths[1024];
static uint8_t owners[1024 + OWNERS_STEP];
static uint8_t *arena;
static uint64_t iova;
static struct lane_plan plan;
static struct replay_lane lanes[2];

/* What lanes gave: packet numbers, with the time at which they were given. */
static unsigned seen[4 * PACKETS];
static uint64_t seen_at[4 * PACKETS];
static unsigned seen_count;

static inline void
order(enum lane_verb verb, uint64_t at_ns, const char *pace)
{
	char reason[256];

	plan.order = (struct lane_order){.verb = verb, .at_ns = at_ns};
	if (pace)
		assert_int_equal(config_pace_parse(pace, &plan.order.pace, reason, sizeof(reason)),
				 0);
	atomic_fetch_add(&plan.ordered, 1);
}

static inline void
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
	timeline.lengths = lengths;
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
		lengths[i] = LENGTH;
		owners[i] = entries[i].lane;
	}
	plan.timeline = &timeline;
	plan.loops = loops;
	plan.ends_ns = UINT64_MAX;
	plan.late_ns = UINT64_MAX / 4;
	plan.headers = headers_make("headers", HEADERS, 0, SOCKET_ID_ANY, &timeline);
	assert_non_null(plan.headers);
	for (unsigned i = 0; i < lane_count; i++) {
		lanes[i].plan = &plan;
		lanes[i].index = i;
	}
	seen_count = 0;
}

static inline void
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

static inline void
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
static inline void
run(uint64_t from_ns, uint64_t until_ns)
{
	for (uint64_t now = from_ns; now < until_ns; now += STEP / 10) {
		for (unsigned i = 0; i < timeline.lane_count; i++)
			take(&lanes[i], now);
	}
}

static inline int
setup(void **state)
{
	test_eal_start();
	arena = aligned_alloc(4096, 65536);
	iova = (uintptr_t)arena;
	return arena ? packet_time_register() : -1;
}

#endif
