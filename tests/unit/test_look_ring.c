/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "look/ring.h"

#include "core/banned.h"

#define SIZE 4096
#define COUNT 200000

struct record {
	uint32_t size, number;
	uint8_t bytes[];
};

/* Of 16 to 528 bytes, as the number says, all of which say it, too. */
static size_t
size_of(uint32_t number)
{
	return 16 + number * 40 % 520 / 8 * 8;
}

static bool
put(struct look_ring *ring, uint32_t number)
{
	size_t size = size_of(number);
	struct record *record = look_ring_reserve(ring, size);

	if (!record)
		return false;
	record->size = (uint32_t)size;
	record->number = number;
	memset(record->bytes, (int)(number & 0xff), size - sizeof(*record));
	look_ring_commit(ring, size);
	return true;
}

static bool
take(struct look_ring *ring, uint32_t number)
{
	const struct record *record = look_ring_peek(ring);

	if (!record)
		return false;
	assert_int_equal(record->number, number);
	assert_int_equal(record->size, size_of(number));
	for (size_t i = 0; i < record->size - sizeof(*record); i++)
		assert_int_equal(record->bytes[i], number & 0xff);
	look_ring_drop(ring, record->size);
	return true;
}

static void
what_there_is_no_room_for_is_not_written(void **state)
{
	struct look_ring ring;
	uint32_t written = 0, read = 0;

	assert_int_equal(look_ring_init(&ring, SIZE), 0);
	assert_null(look_ring_peek(&ring));
	assert_null(look_ring_reserve(&ring, SIZE + 8));
	/* Full and empty in turns, so that records of all lengths meet the end. */
	for (unsigned round = 0; round < 500; round++) {
		while (put(&ring, written))
			written++;
		for (unsigned i = 0; i < 1 + round % 20 && take(&ring, read); i++)
			read++;
	}
	while (take(&ring, read))
		read++;
	assert_int_equal(read, written);
	assert_true(written > 1000);
	look_ring_fini(&ring);
}

static void *
write_all(void *argument)
{
	for (uint32_t number = 0; number < COUNT;)
		number += put(argument, number);
	return NULL;
}

static void
two_threads(void **state)
{
	struct look_ring ring;
	pthread_t thread;

	assert_int_equal(look_ring_init(&ring, SIZE), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_all, &ring), 0);
	for (uint32_t number = 0; number < COUNT;)
		number += take(&ring, number);
	pthread_join(thread, NULL);
	assert_null(look_ring_peek(&ring));
	look_ring_fini(&ring);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_there_is_no_room_for_is_not_written),
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
