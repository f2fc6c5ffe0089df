/* SPDX-License-Identifier: BSD-3-Clause */
/* What a lane notes of what it handed over: the reader has it in order, with every reference accounted for; what there was
 * no room for is counted; and a packet that came back was noted before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "eal.h"
#include "stage/burst.h"
#include "stage/sent.h"

#define ROOM 64
#define ROUNDS 5000

static struct rte_mempool *pool;

static void
get(struct rte_mbuf **packets, unsigned count)
{
	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, packets, count), 0);
}

static void
assert_all_back(void)
{
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static void
test_what_left_is_read_in_order(void **state)
{
	struct sent *sent = sent_make(ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *packets[8];
	const uint64_t times[] = {5, 6, 7, 8, 9};

	get(packets, 8);
	assert_int_equal(sent_hold(sent, packets, 8), 8);
	assert_int_equal(rte_mbuf_refcnt_read(packets[7]), 2);
	/* Five of them left, and each had a time of its own. */
	sent_note(sent, packets, 8, 5, times, 0, 3);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(rte_mbuf_refcnt_read(packets[i]), i < 5 ? 2 : 1);
	for (unsigned i = 0; i < 5; i++) {
		const struct sent_packet *next = sent_peek(sent, i);

		assert_ptr_equal(next->packet, packets[i]);
		assert_int_equal(next->at_ns, times[i]);
		assert_int_equal(next->run, 3);
		rte_pktmbuf_free(next->packet);
	}
	assert_null(sent_peek(sent, 5));
	sent_drop(sent, 5);
	assert_null(sent_peek(sent, 0));
	rte_pktmbuf_free_bulk(packets, 8);
	sent_free(sent);
	assert_all_back();
}

/* What stands in the ring when it ends goes back, too. */
static void
test_what_there_is_no_room_for_is_counted(void **state)
{
	struct sent *sent = sent_make(ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *packets[BURST_MAX];

	get(packets, BURST_MAX);
	for (unsigned i = 0; i < 3; i++) {
		uint16_t held = sent_hold(sent, packets, 30);

		assert_int_equal(held, i < 2 ? 30 : 4);
		sent_note(sent, packets, held, 30, NULL, 77, 1);
	}
	assert_int_equal(sent->missed, 26);
	assert_int_equal(sent_peek(sent, 63)->at_ns, 77);
	/* As many that left are noted as were held, whatever did not leave. */
	rte_pktmbuf_free(sent_peek(sent, 0)->packet);
	rte_pktmbuf_free(sent_peek(sent, 1)->packet);
	sent_drop(sent, 2);
	assert_int_equal(sent_hold(sent, packets, 3), 2);
	sent_note(sent, packets, 2, 1, NULL, 78, 1);
	assert_int_equal(sent->missed, 26);
	assert_int_equal(sent->written, 65);
	rte_pktmbuf_free_bulk(packets, BURST_MAX);
	sent_free(sent);
	assert_all_back();
}

static void
count_note(struct sent *sent)
{
	(*(unsigned *)sent->reader)++;
}

static void
test_a_reader_without_a_thread_is_called(void **state)
{
	struct sent *sent = sent_make(ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *packet;
	unsigned calls = 0;

	sent->noted = count_note;
	sent->reader = &calls;
	get(&packet, 1);
	sent_note(sent, &packet, sent_hold(sent, &packet, 1), 1, NULL, 1, 1);
	assert_int_equal(calls, 1);
	rte_pktmbuf_free(packet);
	sent_free(sent);
	assert_all_back();
}

/* A port that gives each packet back at once, through a counter that another thread looks at. */
struct wire {
	struct sent *sent;
	_Atomic uint64_t back; /* packets that came back, which are numbered from 0 */
};

static void *
send_all(void *argument)
{
	struct wire *wire = argument;
	struct rte_mbuf *packets[4];

	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint16_t held;

		while (rte_pktmbuf_alloc_bulk(pool, packets, 4) < 0)
			sched_yield();
		for (unsigned j = 0; j < 4; j++)
			*rte_pktmbuf_mtod(packets[j], uint64_t *) = i * 4 + j;
		while ((held = sent_hold(wire->sent, packets, 4)) < 4) {
			sent_note(wire->sent, packets, held, 0, NULL, 0, 0);
			sched_yield();
		}
		atomic_store_explicit(&wire->back, i * 4 + 4, memory_order_release);
		sent_note(wire->sent, packets, held, 4, NULL, i, 1);
		rte_pktmbuf_free_bulk(packets, 4);
	}
	return NULL;
}

static void
test_what_is_back_was_noted_before(void **state)
{
	struct wire wire = {.sent = sent_make(ROOM, SOCKET_ID_ANY)};
	uint64_t noted = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, send_all, &wire), 0);
	while (noted < ROUNDS * 4) {
		uint64_t back = atomic_load_explicit(&wire.back, memory_order_acquire);
		const struct sent_packet *next;

		assert_true(sent_settle(wire.sent, UINT64_C(60000000000)));
		while ((next = sent_peek(wire.sent, 0))) {
			assert_int_equal(*rte_pktmbuf_mtod(next->packet, uint64_t *), noted);
			assert_int_equal(next->at_ns, noted / 4);
			noted++;
			rte_pktmbuf_free(next->packet);
			sent_drop(wire.sent, 1);
		}
		assert_true(noted >= back);
	}
	pthread_join(thread, NULL);
	assert_int_equal(wire.sent->missed, 0);
	sent_free(wire.sent);
	assert_all_back();
}

static void
test_a_writer_that_stands_still_is_not_waited_for(void **state)
{
	struct sent *sent = sent_make(ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *packet;
	uint16_t held;

	get(&packet, 1);
	assert_true(sent_settle(sent, 0));
	held = sent_hold(sent, &packet, 1);
	assert_false(sent_settle(sent, 1000000));
	sent_note(sent, &packet, held, 1, NULL, 1, 1);
	assert_true(sent_settle(sent, 0));
	rte_pktmbuf_free(packet);
	sent_free(sent);
	assert_all_back();
}

static int
setup(void **state)
{
	test_eal_start();
	pool = rte_pktmbuf_pool_create("packets", 1023, 0, 0, 256, SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_left_is_read_in_order),
		cmocka_unit_test(test_what_there_is_no_room_for_is_counted),
		cmocka_unit_test(test_a_reader_without_a_thread_is_called),
		cmocka_unit_test(test_what_is_back_was_noted_before),
		cmocka_unit_test(test_a_writer_that_stands_still_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
