/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses that are others in each loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "edit/unique.h"

#define RING UINT64_C(3724541951)

static uint32_t
moved(uint32_t address, uint64_t loop)
{
	uint8_t bytes[4] = {address >> 24, address >> 16, address >> 8, address};

	if (unique_moves(bytes, 1, loop))
		unique_move(bytes, 1, loop);
	return (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

/* Which it has, so that neither end is passed. */
static void
test_ends_of_the_ring(void **state)
{
	static const uint32_t ends[] = {0x01000000, 0x7effffff, 0x80000000, 0xdffffffe};
	static const uint64_t loops[] = {1, 2, RING - 1, RING, RING + 1, 1u << 31, UINT32_MAX};

	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(moved(ends[i], 0), ends[i]);
		assert_int_equal(moved(ends[i], UINT64_C(1) << 32), ends[i]);
		for (unsigned l = 0; l < sizeof(loops) / sizeof(loops[0]); l++) {
			uint32_t to = moved(ends[i], loops[l]);

			assert_in_range(to, 0x01000000, 0xdffffffe);
			assert_int_not_equal(to >> 24, 127);
			for (unsigned j = 0; j < i; j++)
				assert_int_not_equal(to, moved(ends[j], loops[l]));
		}
	}
}

static void
test_what_stays(void **state)
{
	static const uint32_t still[] = {0,          0x00ffffff, 0x7f000000, 0x7fffffff,
					 0xdfffffff, 0xe0000000, 0xffffffff};
	static const uint8_t wide[][16] = {{0}, {[15] = 1}, {0xff, 2, [15] = 1}};

	for (unsigned i = 0; i < sizeof(still) / sizeof(still[0]); i++)
		assert_int_equal(moved(still[i], 12345), still[i]);
	for (unsigned i = 0; i < 3; i++)
		assert_false(unique_moves(wide[i], 4, 5));
}

/* Around the loop in which single addresses come again: no pair does. */
static void
test_pairs(void **state)
{
	uint32_t a = 0x0a000001, b = 0xc0a80001;

	for (uint64_t loop = 0; loop < 2000; loop++) {
		for (uint64_t other = RING; other < RING + 2000; other++)
			assert_false(moved(a, loop) == moved(a, other) &&
				     moved(b, loop) == moved(b, other));
	}
	for (uint64_t loop = 1; loop < 100000; loop++)
		assert_int_not_equal(moved(a, loop), a);
}

static void
test_ipv6(void **state)
{
	uint8_t address[16] = {0x20, 1,    0xd,  0xb8, [8] = 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0xff,       0xff};
	static const uint8_t network[8] = {0x20, 1, 0xd, 0xb8},
			     one[8] = {0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4a, 0x7c, 0x14};

	assert_true(unique_moves(address, 4, 1));
	unique_move(address, 4, 1);
	assert_memory_equal(address, network, 8);
	assert_memory_equal(address + 8, one, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_of_the_ring),
		cmocka_unit_test(test_what_stays),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
