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
#include "stage/handed.h"

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

static const struct handed_packet *
peek(struct handed *handed, uint64_t ahead)
{
	return handed_peek(handed, ahead, handed_end(handed));
}

static void
test_what_left_is_read_in_order(void **state)
{
	struct handed *handed = handed_make(ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *packets[8];
	const uint64_t times[] = {5, 6, 7, 8, 9};

	get(packets, 8);
	assert_int_equal(handed_hold(handed, packets, 8), 8);
	assert_int_equal(rte_mbuf_refcnt_read(packets[7]), 2);
	/* Five of them left, and each had a time of its own. */
	handed_note(handed, packets, 8, 5, times, 0, 3);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(rte_mbuf_refcnt_read(packets[i]), i < 5 ? 2 : 1);
	for (unsigned i = 0; i < 5; i++) {
		const struct handed_packet *next = peek(handed, i);

		assert_ptr_equal(next->packet, packets[i]);
		assert_int_equal(next->at_ns, times[i]);
		assert_int_equal(next->run, 3);
		rte_pktmbuf_free(next->packet);
	}
	assert_null(peek(handed, 5));
	handed_drop(handed, 5);
	assert_null(peek(handed, 0));
	rte_pktmbuf_free_bulk(packets, 8);
	handed_free(handed);
	assert_all_back();
}

/* What stands in the ring when it ends goes back, too. */
static void
test_what_there_is_no_room_for_is_counted(void **state)
{
	struct handed *handed = handed_make(ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *packets[BURST_MAX];

	get(packets, BURST_MAX);
	for (unsigned i = 0; i < 3; i++) {
		uint16_t held = handed_hold(handed, packets, 30);

		assert_int_equal(held, i < 2 ? 30 : 4);
		handed_note(handed, packets, held, 30, NULL, 77, 1);
	}
	assert_int_equal(handed->missed, 26);
	assert_int_equal(peek(handed, 63)->at_ns, 77);
	/* As many that left are noted as were held, whatever did not leave. */
	rte_pktmbuf_free(peek(handed, 0)->packet);
	rte_pktmbuf_free(peek(handed, 1)->packet);
	handed_drop(handed, 2);
	assert_int_equal(handed_hold(handed, packets, 3), 2);
	handed_note(handed, packets, 2, 1, NULL, 78, 1);
	assert_int_equal(handed->missed, 26);
	assert_int_equal(handed->written, 65);
	rte_pktmbuf_free_bulk(packets, BURST_MAX);
	handed_free(handed);
	assert_all_back();
}

/* Of a packet in two segments both are held. */
static void
test_a_packet_in_two_segments(void **state)
{
	struct handed *handed = handed_make(ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *packets[2];

	get(packets, 2);
	assert_int_equal(rte_pktmbuf_chain(packets[0], packets[1]), 0);
	handed_note(handed, packets, handed_hold(handed, packets, 1), 1, NULL, 1, 1);
	rte_pktmbuf_free(packets[0]);
	assert_int_equal(rte_mbuf_refcnt_read(packets[0]), 1);
	assert_int_equal(rte_mbuf_refcnt_read(packets[1]), 1);
	assert_int_equal(rte_mempool_in_use_count(pool), 2);
	handed_free(handed);
	assert_all_back();
}

static void
count_note(struct handed *handed)
{
	(*(unsigned *)handed->reader)++;
}

static void
test_a_reader_without_a_thread_is_called(void **state)
{
	struct handed *handed = handed_make(ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *packet;
	unsigned calls = 0;

	handed->noted = count_note;
	handed->reader = &calls;
	get(&packet, 1);
	handed_note(handed, &packet, handed_hold(handed, &packet, 1), 1, NULL, 1, 1);
	assert_int_equal(calls, 1);
	rte_pktmbuf_free(packet);
	handed_free(handed);
	assert_all_back();
}

/* A port that gives each packet back at once, through a counter that another thread looks at. */
struct wire {
	struct handed *handed;
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
		while ((held = handed_hold(wire->handed, packets, 4)) < 4) {
			handed_note(wire->handed, packets, held, 0, NULL, 0, 0);
			sched_yield();
		}
		atomic_store_explicit(&wire->back, i * 4 + 4, memory_order_release);
		handed_note(wire->handed, packets, held, 4, NULL, i, 1);
		rte_pktmbuf_free_bulk(packets, 4);
	}
	return NULL;
}

static void
test_what_is_back_was_noted_before(void **state)
{
	struct wire wire = {.handed = handed_make(ROOM, SOCKET_ID_ANY)};
	uint64_t noted = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, send_all, &wire), 0);
	while (noted < ROUNDS * 4) {
		uint64_t back = atomic_load_explicit(&wire.back, memory_order_acquire);
		const struct handed_packet *next;

		assert_true(handed_settle(wire.handed, UINT64_C(60000000000)));
		while ((next = peek(wire.handed, 0))) {
			assert_int_equal(*rte_pktmbuf_mtod(next->packet, uint64_t *), noted);
			assert_int_equal(next->at_ns, noted / 4);
			noted++;
			rte_pktmbuf_free(next->packet);
			handed_drop(wire.handed, 1);
		}
		assert_true(noted >= back);
	}
	pthread_join(thread, NULL);
	assert_int_equal(wire.handed->missed, 0);
	handed_free(wire.handed);
	assert_all_back();
}

static void
test_a_writer_that_stands_still_is_not_waited_for(void **state)
{
	struct handed *handed = handed_make(ROOM, SOCKET_ID_ANY);
	struct rte_mbuf *packet;
	uint16_t held;

	get(&packet, 1);
	assert_true(handed_settle(handed, 0));
	held = handed_hold(handed, &packet, 1);
	assert_false(handed_settle(handed, 1000000));
	handed_note(handed, &packet, held, 1, NULL, 1, 1);
	assert_true(handed_settle(handed, 0));
	rte_pktmbuf_free(packet);
	handed_free(handed);
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
		cmocka_unit_test(test_a_packet_in_two_segments),
		cmocka_unit_test(test_a_reader_without_a_thread_is_called),
		cmocka_unit_test(test_what_is_back_was_noted_before),
		cmocka_unit_test(test_a_writer_that_stands_still_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
