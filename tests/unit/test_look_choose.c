/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "look/look.h"

#include "core/banned.h"

#define PACKETS 4000000
#define SEED UINT64_C(0x9e3779b97f4a7c15)

static void
all_of_them(void **state)
{
	struct look_part part = {.chance = SEED};
	struct look_terms terms = {.one_in = 0};

	assert_int_equal(look_choose(&terms, &part, BURST_MAX), UINT32_MAX);
	terms.one_in = 1;
	assert_int_equal(look_choose(&terms, &part, BURST_MAX), UINT32_MAX);
	assert_int_equal(look_choose(&terms, &part, 5), 31);
}

/* One in so many on an average, and none that is not there, however full bursts are. */
static void
one_in_so_many(void **state)
{
	static const uint32_t numbers[] = {2, 7, 64, 1000};
	static const unsigned sizes[] = {1, 3, BURST_MAX, BURST_MAX - 1};

	for (unsigned i = 0; i < 4; i++) {
		struct look_part part = {.chance = SEED + i};
		struct look_terms terms = {.one_in = numbers[i]};
		uint64_t chosen = 0, expected = PACKETS / numbers[i], round = 0;

		for (uint64_t seen = 0; seen < PACKETS; round++) {
			unsigned count = sizes[round % 4];
			uint32_t mask = look_choose(&terms, &part, count);

			assert_int_equal((uint64_t)mask >> count, 0);
			chosen += __builtin_popcount(mask);
			seen += count;
		}
		assert_in_range(chosen, expected * 9 / 10, expected * 11 / 10);
	}
}

/* Which packets they are does not depend on how many come at once. */
static void
however_they_come(void **state)
{
	struct look_part one = {.chance = SEED}, many = {.chance = SEED};
	struct look_terms terms = {.one_in = 10};

	for (unsigned burst = 0; burst < 1000; burst++) {
		uint32_t mask = look_choose(&terms, &many, BURST_MAX), by_one = 0;

		for (unsigned i = 0; i < BURST_MAX; i++)
			by_one |= look_choose(&terms, &one, 1) << i;
		assert_int_equal(mask, by_one);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_them),
		cmocka_unit_test(one_in_so_many),
		cmocka_unit_test(however_they_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
