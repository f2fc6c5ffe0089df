/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What workers leave in rings, what the writer makes of several, and how long a recorder lives. A
 * whole daemon's captures are tested by tests/test_recorder.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/now.h"
#include "eal.h"
#include "port/cut.h"
#include "recorder/house.h"

#include "core/banned.h"

#define WORKERS 2
#define POOL 1023
#define LENGTH 60
#define START UINT64_C(1795964400000000000)
#define SECOND_NS UINT64_C(1000000000)
#define ROUNDS 200

static struct rte_mempool *pool;
static char directory[64];

static int
begin(void **state)
{
	snprintf(directory, sizeof(directory), "/tmp/recorder_XXXXXX");
	*state = mkdtemp(directory);
	return *state ? 0 : -1;
}

static int
end(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

/* A packet with its number in front. */
static struct rte_mbuf *
make(uint32_t number)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);
	char *bytes;

	assert_non_null(packet);
	packet->data_len = LENGTH;
	packet->pkt_len = LENGTH;
	bytes = rte_pktmbuf_mtod(packet, char *);
	memset(bytes, 0, LENGTH);
	memcpy(bytes, &number, sizeof(number));
	return packet;
}

static void
put(struct recorder_ring *into, uint64_t time_ns, uint32_t number, unsigned count)
{
	struct recorder_head head = {.time_ns = time_ns, .slot = 3, .count = count};
	struct rte_mbuf *packets[BURST_MAX];
	uint8_t from[BURST_MAX];

	for (unsigned i = 0; i < count; i++) {
		packets[i] = make(number + i);
		from[i] = i;
	}
	assert_int_equal(recorder_ring_room(into, count), count);
	recorder_ring_put(into, &head, packets, from);
}

#define LIMIT 1000

/* Until there is no room, and again; what comes out is what went in. There is room for so many
 * packets, be they in large batches or alone. */
static void
a_ring_gives_what_it_got(void **state)
{
	static const unsigned counts[] = {BURST_MAX, 1, BURST_MAX - 1, 2, 1};
	struct recorder_ring ring = {0};
	struct rte_mbuf *packets[BURST_MAX];
	struct recorder_batch batch;
	uint8_t from[BURST_MAX];
	uint64_t in = 0, out = 0;

	(void)state;
	for (unsigned i = 0; i < BURST_MAX; i++) {
		packets[i] = make(i);
		from[i] = BURST_MAX - 1 - i;
	}
	assert_true(recorder_ring_make(&ring, LIMIT));
	for (unsigned round = 0; round < RTE_DIM(counts); round++) {
		unsigned count = counts[round];

		while (recorder_ring_room(&ring, count) == count) {
			struct recorder_head head = {
				.time_ns = in + 1,
				.id = in << 11,
				.marked = (uint32_t)in,
				.slot = in % 64,
				.count = count,
			};

			recorder_ring_put(&ring, &head, packets, from);
			in++;
		}
		/* A part of a batch fits, or nothing does. */
		assert_int_equal((in - out) * count, LIMIT / count * count);
		assert_int_equal(recorder_ring_room(&ring, count), LIMIT % count);
		for (; out < in; out++) {
			uint64_t end = atomic_load(&ring.put);

			assert_int_equal(recorder_ring_time(&ring, end), out + 1);
			recorder_ring_take(&ring, &batch);
			assert_int_equal(batch.head.time_ns, out + 1);
			assert_int_equal(batch.head.id, out << 11);
			assert_int_equal(batch.head.marked, (uint32_t)out);
			assert_int_equal(batch.head.slot, out % 64);
			assert_int_equal(batch.head.count, count);
			for (unsigned i = 0; i < count; i++)
				assert_ptr_equal(batch.packets[i], packets[i]);
			assert_memory_equal(batch.from, from, count);
		}
		assert_int_equal(recorder_ring_time(&ring, atomic_load(&ring.put)), UINT64_MAX);
	}
	recorder_ring_free(&ring);
	rte_pktmbuf_free_bulk(packets, BURST_MAX);
}

/* In the place of the library's: there is room for so many threads more. */
static unsigned threads_left = 1000;

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
	       void *argument)
{
	static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (threads_left == 0)
		return EAGAIN;
	threads_left--;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	return real(thread, attributes, run, argument);
}

static const struct store_interface ports[] = {{3, "east"}};
static const struct store_terms terms = {.snap = STORE_SNAP_MAX};

static struct config_capture
capture_of(const char *name)
{
	return (struct config_capture){.name = (char *)(uintptr_t)name,
				       .directory = directory,
				       .memory = 16u << 20,
				       .queue = 1024};
}

static int
try_recorder(struct house *house, const char *name, struct recorder **recorder,
	     char reason[STORE_PATH_MAX])
{
	const struct stage_env env = {.use = STAGE_LIVE, .workers = WORKERS};
	struct config_capture capture = capture_of(name);

	reason[0] = '\0';
	return recorder_make(house, &capture, &terms, ports, 1, &env, recorder, reason,
			     STORE_PATH_MAX);
}

static struct recorder *
make_recorder(struct house *house, const char *name)
{
	char reason[STORE_PATH_MAX];
	struct recorder *recorder;

	if (try_recorder(house, name, &recorder, reason) < 0)
		fail_msg("%s", reason);
	return recorder;
}

static void
drain(struct house *house)
{
	assert_true(house_drain(house, now_ns() + 60 * SECOND_NS));
}

static uint64_t
done(struct house *house)
{
	static struct target_done sum;

	memset(&sum, 0, sizeof(sum));
	house_add_done(house, &sum);
	return sum.ports[3].out;
}

/* The numbers of the packets in the one file of a name, as many as there are. */
static unsigned
read_numbers(const char *name, uint32_t *numbers, unsigned room)
{
	static uint8_t bytes[1 << 20];
	char pattern[128];
	unsigned found = 0;
	size_t size;
	glob_t paths;
	FILE *file;

	snprintf(pattern, sizeof(pattern), "%s/%s-*.pcapng", directory, name);
	assert_int_equal(glob(pattern, 0, NULL, &paths), 0);
	assert_int_equal(paths.gl_pathc, 1);
	file = fopen(paths.gl_pathv[0], "rb");
	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	globfree(&paths);
	for (size_t at = 0; at + 12 <= size;) {
		uint32_t type, length;

		memcpy(&type, bytes + at, sizeof(type));
		memcpy(&length, bytes + at + 4, sizeof(length));
		if (type == 6) {
			assert_true(found < room);
			memcpy(&numbers[found++], bytes + at + 28, sizeof(*numbers));
		}
		at += length;
	}
	return found;
}

/* Of several workers' packets the file has those first that came in first. */
static void
rings_are_merged_by_time(void **state)
{
	static uint32_t numbers[4 * ROUNDS];
	struct house *house = house_make();
	struct recorder *recorder = make_recorder(house, "merged");
	uint32_t number = 0;

	(void)state;
	/* Batches in turns, but for stretches in which one worker has all. */
	for (unsigned round = 0; round < ROUNDS; round++, number += 2)
		put(&recorder->rings[round % 7 < 3 ? round % 2 : round % 7 == 4], START + round,
		    number, 2);
	recorder_begin(recorder, &terms, ports, 1);
	drain(house);
	assert_int_equal(read_numbers("merged", numbers, 4 * ROUNDS), 2 * ROUNDS);
	for (uint32_t i = 0; i < 2 * ROUNDS; i++)
		assert_int_equal(numbers[i], i);
	assert_int_equal(done(house), 2 * ROUNDS);
	recorder_leave(recorder);
	house_drop(house);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

/* Another program goes on with it, and the last one that leaves ends it; what it did stays known. */
static void
a_recorder_outlives_programs(void **state)
{
	static uint32_t numbers[16];
	struct house *house = house_make();
	struct config_capture same = capture_of("kept"), other = capture_of("kept");
	struct recorder *recorder = make_recorder(house, "kept"), *again;

	(void)state;
	recorder_begin(recorder, &terms, ports, 1);
	put(&recorder->rings[0], START, 0, 4);
	other.memory *= 2;
	assert_null(house_find(house, &other));
	other = same;
	other.queue *= 2;
	assert_null(house_find(house, &other));
	again = house_find(house, &same);
	assert_ptr_equal(again, recorder);
	recorder_begin(again, &terms, ports, 1);
	recorder_leave(recorder);
	/* The program before is gone. */
	put(&again->rings[1], START + SECOND_NS, 4, 4);
	recorder_leave(again);
	assert_null(house_find(house, &same));
	drain(house);
	assert_int_equal(done(house), 8);
	assert_int_equal(read_numbers("kept", numbers, 16), 8);
	/* One that never began has nothing to end. */
	recorder_leave(make_recorder(house, "never"));
	drain(house);
	assert_int_equal(done(house), 8);
	house_drop(house);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

/* Without a thread there is no recorder: a config is refused, and nothing waits for a writer. */
static void
a_thread_is_needed(void **state)
{
	struct house *house = house_make();
	char reason[STORE_PATH_MAX];
	struct recorder *recorder;

	(void)state;
	/* The store has one, too. */
	for (unsigned room = 0; room < 2; room++) {
		threads_left = room;
		assert_int_equal(try_recorder(house, "alone", &recorder, reason), -EAGAIN);
	}
	threads_left = 1000;
	assert_string_equal(reason, "no thread could be started: Resource temporarily unavailable");
	drain(house);
	house_drop(house);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_gives_what_it_got),
		cmocka_unit_test_setup_teardown(rings_are_merged_by_time, begin, end),
		cmocka_unit_test_setup_teardown(a_recorder_outlives_programs, begin, end),
		cmocka_unit_test_setup_teardown(a_thread_is_needed, begin, end),
	};

	test_eal_start();
	pool = rte_pktmbuf_pool_create("packets", POOL, 0, 0, RTE_PKTMBUF_HEADROOM + 128, 0);
	if (!pool || packet_cut_register() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
