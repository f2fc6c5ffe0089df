/* SPDX-License-Identifier: BSD-3-Clause */
/* Lanes that feed two ports: packets leave in the order of the capture across both, whatever room each of them has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lane_kit.h"

#define CLIENTS 3
#define SERVERS 5

static void
make_pair(bool resident, uint64_t loops)
{
	make(1, resident, loops);
	lanes[0].pair = true;
	lanes[0].port = CLIENTS;
	lanes[0].server = SERVERS;
	for (unsigned i = 0; i < PACKETS; i++)
		entries[i].server = i * 7 % 5 > 2;
}

/* What replay_lane_send does with a part of which the port takes so many. */
static uint16_t
send_part(struct replay_lane *lane, struct burst *burst, uint16_t port, uint64_t now, uint16_t room)
{
	uint16_t sent = burst->count < room ? burst->count : room;

	replay_lane_handed(lane, sent, sent * LENGTH, now);
	for (uint16_t i = 0; i < sent; i++) {
		unsigned number = *rte_pktmbuf_mtod(burst->packets[i], unsigned *);

		assert_int_equal(port, entries[number].server ? SERVERS : CLIENTS);
		seen_at[seen_count] = lane->dues[i];
		seen[seen_count++] = number;
	}
	rte_pktmbuf_free_bulk(burst->packets, sent);
	lane->waiting = burst->count - sent;
	memcpy(lane->held, burst->packets + sent, lane->waiting * sizeof(burst->packets[0]));
	memmove(lane->dues, lane->dues + sent, lane->waiting * sizeof(*lane->dues));
	return sent;
}

static uint16_t
send_some(struct replay_lane *lane, uint64_t now, uint16_t client_room, uint16_t server_room)
{
	struct burst burst;
	struct lane_parts parts;
	uint16_t sent = 0, port;

	burst.count = replay_lane_take(lane, now, burst.packets);
	replay_lane_part(lane, &burst, &parts);
	while (replay_lane_next_part(lane, &burst, &parts, &port))
		sent += send_part(lane, &burst, port, now,
				  port == SERVERS ? server_room : client_room);
	return sent;
}

static void
check_all(unsigned loops)
{
	unsigned servers = 0;

	assert_int_equal(seen_count, loops * PACKETS);
	for (unsigned i = 0; i < seen_count; i++) {
		assert_int_equal(seen[i], i % PACKETS);
		assert_int_equal(seen_at[i], START + (uint64_t)i * STEP);
		servers += entries[i % PACKETS].server;
	}
	assert_int_equal(lanes[0].tally.sent, seen_count);
	assert_int_equal(lanes[0].tally.server_sent, servers);
	assert_int_equal(lanes[0].tally.server_bytes, servers * LENGTH);
}

static void
test_order(void **state)
{
	static const struct {
		uint16_t client, server;
	} rooms[] = {{32, 32}, {1, 32}, {32, 1}, {1, 1}, {2, 3}};

	for (unsigned i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		make_pair(i % 2, i % 2 ? 3 : 1);
		order(LANE_START, START, "original");
		/* Behind the last packet's time: all are due. */
		for (unsigned tries = 0; tries < 4 * PACKETS; tries++)
			send_some(&lanes[0], START + 4 * PACKETS * STEP, rooms[i].client,
				  rooms[i].server);
		assert_int_equal(lanes[0].state_seen, LANE_DONE);
		check_all(i % 2 ? 3 : 1);
		check_clean();
	}
}

/* While one port is full the other gets nothing that comes behind, and all that was taken waits. */
static void
test_a_full_port_keeps_both(void **state)
{
	unsigned first;

	make_pair(true, 1);
	order(LANE_START, START, "original");
	first = send_some(&lanes[0], START + 40 * STEP, 32, 0);
	assert_true(first > 0 && first < 32);
	assert_int_equal(lanes[0].waiting, 32 - first);
	assert_int_equal(lanes[0].tally.waiting, 32 - first);
	assert_true(entries[first].server);
	assert_int_equal(send_some(&lanes[0], START + 40 * STEP, 32, 0), 0);
	assert_int_equal(lanes[0].waiting, 32 - first);
	assert_int_equal(send_some(&lanes[0], START + 40 * STEP, 32, 32), 32 - first);
	while (seen_count < PACKETS)
		send_some(&lanes[0], START + PACKETS * STEP, 32, 32);
	check_all(1);
	check_clean();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_a_full_port_keeps_both),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
