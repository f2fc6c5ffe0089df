/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose entries are whose, against a loop that looks at one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay/owners.h"

#include "core/banned.h"

#define RING 64
#define LOOKS 48
#define MAX 32

static uint8_t owners[RING + OWNERS_STEP];

/* What owners_find should say. */
static unsigned
plain(unsigned lane, uint64_t from, unsigned looks, uint16_t *own, unsigned *looked)
{
	unsigned found = 0;

	for (*looked = 0; *looked < looks && found < MAX; (*looked)++) {
		if (owners[(from + *looked) % RING] == lane)
			own[found++] = *looked;
	}
	return found;
}

static void
compare(const struct timeline *timeline, unsigned lane, uint64_t from, unsigned looks)
{
	uint16_t expected[MAX], own[MAX + OWNERS_STEP];
	unsigned expected_looked, looked;
	unsigned count = plain(lane, from, looks, expected, &expected_looked);

	assert_int_equal(owners_find(timeline, lane, from, looks, own, MAX, &looked), count);
	assert_memory_equal(own, expected, count * sizeof(own[0]));
	/* Behind the last that there is room for, it may have passed entries of others, and none of its own. */
	assert_true(count == MAX ? looked >= expected_looked : looked == expected_looked);
	for (unsigned i = expected_looked; i < looked; i++)
		assert_int_not_equal(owners[(from + i) % RING], lane);
}

/* From everywhere in the ring, over its end too, with all counts of lanes: of one lane everything is its own. */
static void
test_as_a_loop_would(void **state)
{
	struct timeline timeline = {.owners = owners, .mask = RING - 1};

	srand(1);
	for (unsigned lanes = 1; lanes <= CONFIG_WORKERS_MAX && lanes <= 64; lanes++) {
		for (unsigned i = 0; i < RING; i++)
			owners[i] = rand() % lanes;
		for (unsigned i = 0; i < OWNERS_STEP; i++)
			owners[RING + i] = i % 2 ? lanes - 1 : 0;
		for (uint64_t from = 0; from < 2 * RING; from++) {
			for (unsigned looks = 0; looks <= LOOKS; looks++)
				compare(&timeline, lanes - 1, from, looks);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_a_loop_would),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
