/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A store and what it publishes, from its own and from another thread. What its files look like is
 * tested by tests/test_store.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "eal.h"
#include "fake_mbuf.h"
#include "store/inside.h"
#include "store/ring.h"

#include "core/banned.h"

#define TIME_NS UINT64_C(1795964400000000000)
#define SECOND_NS UINT64_C(1000000000)
#define FILES_MAX 256

static char directory[64];
static uint8_t frame[1500];

static int
begin(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/store_XXXXXX");
	assert_non_null(mkdtemp(directory));
	return 0;
}

static int
end(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static struct store *
make(const struct store_terms *terms, bool offline)
{
	const struct store_setup setup = {
		.name = "e", .directory = directory, .numa = -1, .offline = offline};
	const struct store_interface ports[] = {{3, "east"}, {7, "west"}};
	char reason[STORE_REASON_MAX] = "";
	struct store *store;

	if (store_make(&setup, terms, ports, 2, &store, reason, sizeof(reason)) < 0)
		fail_msg("%s", reason);
	return store;
}

static bool
put(struct store *store, unsigned slot, uint64_t time_ns)
{
	const struct store_packet about = {.time_ns = time_ns, .slot = (uint8_t)slot};
	struct rte_mbuf packet;

	fake_mbuf(&packet, frame, sizeof(frame));
	return store_put(store, &packet, &about);
}

static uint64_t
held(const struct store_count *count)
{
	uint64_t gone = count->stored_packets;

	for (unsigned i = 0; i < STORE_LOSSES; i++)
		gone += count->lost_packets[i];
	assert_true(gone <= count->taken_packets);
	return count->taken_packets - gone;
}

static void
a_run_of_blocks_is_one_piece(void **state)
{
	struct store_setup setup = {.offline = true};
	struct store_part *one = (void *)&setup, *other = (void *)directory;
	struct store_ring ring;
	char reason[STORE_REASON_MAX];
	uint32_t length;

	(void)state;
	assert_int_equal(store_ring_make(&ring, &setup, reason, sizeof(reason)), 0);
	assert_int_equal(ring.count, STORE_MEMORY_MIN / STORE_BLOCK_SIZE);
	assert_int_equal(store_ring_run(&ring, UINT32_MAX, &length), 0);
	for (unsigned i = 0; i < ring.count; i++) {
		struct store_block *block = store_ring_begin(&ring);

		assert_ptr_equal(block->bytes, ring.bytes + (size_t)i * STORE_BLOCK_SIZE);
		block->closed = i != 7;
		block->used = i == 3 ? 4096 : STORE_BLOCK_SIZE;
		block->part = i < 6 ? one : other;
	}
	assert_null(store_ring_begin(&ring));
	/* Ends behind one that is not full; */
	assert_int_equal(store_ring_run(&ring, UINT32_MAX, &length), 4);
	assert_int_equal(length, 3 * STORE_BLOCK_SIZE + 4096);
	assert_int_equal(store_ring_run(&ring, 2 * STORE_BLOCK_SIZE, &length), 2);
	/* before one of another part; */
	ring.tail = 4;
	assert_int_equal(store_ring_run(&ring, UINT32_MAX, &length), 2);
	/* and before one that is open, or that lies where memory begins. */
	ring.tail = 6;
	assert_int_equal(store_ring_run(&ring, UINT32_MAX, &length), 1);
	store_ring_at(&ring, 7)->closed = true;
	store_ring_begin(&ring)->part = other;
	store_ring_at(&ring, 8)->closed = true;
	assert_int_equal(store_ring_run(&ring, UINT32_MAX, &length), 2);
	store_ring_free(&ring);
}

static void
a_slot_is_counted_as_what_it_is(void **state)
{
	struct store_terms terms = {.rotate_packets = 3};
	struct store *store = make(&terms, true);
	struct store_numbers numbers;
	struct store_file files[FILES_MAX];

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		assert_true(put(store, i % 2 ? 3 : 7, TIME_NS + i));
	store_numbers(store, &numbers);
	assert_int_equal(numbers.slots[3].taken_packets, 3);
	assert_int_equal(numbers.slots[7].taken_packets, 4);
	assert_int_equal(held(&numbers.slots[3]) + held(&numbers.slots[7]), 1);
	assert_int_equal(numbers.state, STORE_RECORDING);
	assert_int_equal(store_end(store, 0), 0);
	store_numbers(store, &numbers);
	assert_int_equal(numbers.slots[7].stored_bytes, 4 * sizeof(frame));
	assert_int_equal(numbers.state, STORE_ENDED);
	assert_int_equal(numbers.files, 3);
	assert_int_equal(numbers.closed, 3);
	assert_int_equal(store_files(store, files, 2), 3);
	assert_int_equal(files[0].number, 2);
	assert_int_equal(files[1].number, 3);
	/* What comes behind the end is lost, and counted. */
	assert_false(put(store, 3, TIME_NS));
	store_numbers(store, &numbers);
	assert_int_equal(numbers.slots[3].lost_packets[STORE_FAILED], 1);
	store_free(store);
}

/* A disk that answers no more than that it has begun. */
static void
a_disk_that_does_not_answer_holds_its_packets(void **state)
{
	struct store *store = make(&(struct store_terms){0}, false);
	struct store_numbers numbers;

	(void)state;
	store->saving = true;
	store->save.state = SAVE_UNDER_WAY;
	for (unsigned i = 0; i < 100; i++)
		assert_true(put(store, 3, TIME_NS));
	assert_int_equal(store_end(store, 5), -ETIMEDOUT);
	store_numbers(store, &numbers);
	assert_int_equal(held(&numbers.slots[3]), 100);
	store->saving = false;
	assert_int_equal(store_end(store, 10000), 0);
	store_numbers(store, &numbers);
	assert_int_equal(numbers.slots[3].stored_packets, 100);
	store_free(store);
}

/* With packets on their way, a file that is open, others that wait, and one before. */
static void
what_was_not_ended_can_be_freed(void **state)
{
	struct store *store = make(&(struct store_terms){.rotate_packets = 100}, false);

	(void)state;
	for (unsigned i = 0; i < 1050; i++) {
		if (i == 550) {
			store->saving = true;
			store->save.state = SAVE_UNDER_WAY;
		}
		put(store, 3, TIME_NS);
	}
	store->saving = false;
	store_free(store);
}

static struct {
	struct store *store;
	_Atomic bool over;
	uint64_t looks;
} shared;

static void *
look(void *argument)
{
	static struct store_numbers numbers;
	static struct store_file files[FILES_MAX];

	while (!atomic_load(&shared.over)) {
		store_numbers(shared.store, &numbers);
		held(&numbers.slots[3]);
		held(&numbers.slots[7]);
		assert_true(numbers.closed <= numbers.files);
		assert_true(store_files(shared.store, files, FILES_MAX) <= FILES_MAX);
		shared.looks++;
	}
	return argument;
}

static void
another_thread_may_look_at_any_time(void **state)
{
	const struct store_terms terms = {.rotate_packets = 2000, .keep_files = 5, .keep_free = 1};
	struct store_numbers numbers;
	pthread_t thread;

	(void)state;
	shared.store = make(&terms, false);
	assert_int_equal(pthread_create(&thread, NULL, look, NULL), 0);
	for (unsigned i = 0; i < 40000; i++) {
		put(shared.store, i % 2 ? 3 : 7, TIME_NS + i);
		if (i % 32 == 0)
			store_tick(shared.store, TIME_NS + i, i * SECOND_NS / 1000);
	}
	assert_int_equal(store_end(shared.store, 60000), 0);
	atomic_store(&shared.over, true);
	pthread_join(thread, NULL);
	store_numbers(shared.store, &numbers);
	assert_int_equal(held(&numbers.slots[3]) + held(&numbers.slots[7]), 0);
	assert_int_equal(numbers.slots[3].stored_packets + numbers.slots[7].stored_packets, 40000);
	/* Ticks end blocks, and files that are whole wait to be closed: then the open one goes on. */
	assert_true(numbers.files >= 2 && numbers.files <= 20);
	assert_true(store_files(shared.store, NULL, 0) <= 5);
	store_free(shared.store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_of_blocks_is_one_piece),
		cmocka_unit_test_setup_teardown(a_slot_is_counted_as_what_it_is, begin, end),
		cmocka_unit_test_setup_teardown(a_disk_that_does_not_answer_holds_its_packets,
						begin, end),
		cmocka_unit_test_setup_teardown(what_was_not_ended_can_be_freed, begin, end),
		cmocka_unit_test_setup_teardown(another_thread_may_look_at_any_time, begin, end),
	};

	test_eal_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
