/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of those who send most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top/heavy.h"

#include "core/banned.h"

#define NAMES 5000
#define TIMES 200000

static double
count_of(const struct heavy *heavy, const char *name, double *over)
{
	for (unsigned i = 0; i < heavy->used; i++) {
		if (strcmp(heavy->entries[i].name, name) == 0) {
			*over = heavy->entries[i].over;
			return heavy->entries[i].count;
		}
	}
	return -1;
}

/* Far more names than places: who has more than his part is there, with a count that is too high by
 * what it says at most, and nothing is counted twice or not at all. */
static void
test_heavy(void **state)
{
	static unsigned truth[NAMES];
	struct heavy heavy;
	json_t *packet = json_object();
	uint64_t chance = 88172645463325252;
	double sum = 0, over;
	unsigned *sorted;

	assert_int_equal(heavy_begin(&heavy), 0);
	assert_null(heavy_sorted(&heavy));
	for (unsigned i = 0; i < TIMES; i++) {
		char name[16];
		unsigned number;

		chance ^= chance << 13;
		chance ^= chance >> 7;
		chance ^= chance << 17;
		/* The smaller the likelier. */
		number = (unsigned)(NAMES / (1 + chance % NAMES)) % NAMES;
		number = chance >> 40 & 1 ? number : (unsigned)(chance >> 20) % NAMES;
		truth[number]++;
		snprintf(name, sizeof(name), "%u", number);
		heavy_add(&heavy, name, packet);
	}
	assert_int_equal(heavy.used, HEAVY_ENTRIES);
	for (unsigned i = 0; i < NAMES; i++) {
		char name[16];
		double count;

		snprintf(name, sizeof(name), "%u", i);
		count = count_of(&heavy, name, &over);
		if (truth[i] > TIMES / HEAVY_ENTRIES)
			assert_true(count >= 0);
		if (count >= 0) {
			assert_true(count >= truth[i] && count - over <= truth[i]);
			sum += count;
		}
	}
	assert_true(sum == TIMES && heavy.count == TIMES && heavy_samples(&heavy) == TIMES);
	sorted = heavy_sorted(&heavy);
	for (unsigned i = 1; i < heavy.used; i++)
		assert_true(heavy.entries[sorted[i - 1]].count >= heavy.entries[sorted[i]].count);
	free(sorted);
	heavy_end(&heavy);
	json_decref(packet);
}

static void
test_heavy_fades(void **state)
{
	struct heavy heavy;
	json_t *packet = json_object();
	double over;

	heavy_begin(&heavy);
	for (unsigned i = 0; i < 100; i++)
		heavy_add(&heavy, "old", packet);
	heavy_fade(&heavy, 0.5);
	for (unsigned i = 0; i < 50; i++)
		heavy_add(&heavy, "new", packet);
	assert_true(count_of(&heavy, "old", &over) == 50 && heavy.count == 100);
	/* A hundred at half the weight and fifty whole ones are worth less than 150. */
	assert_true(heavy_samples(&heavy) > 133 && heavy_samples(&heavy) < 134);
	/* sqrt((1 - 0.2) / (0.2 * 100)) */
	assert_true(heavy_error(0.2, 100) == 0.2);
	assert_true(heavy_error(0, 100) == 0 && heavy_error(1, 100) == 0);
	/* Who is silent for long is forgotten, and so is the packet. */
	for (unsigned i = 0; i < 30; i++)
		heavy_fade(&heavy, 0.5);
	assert_int_equal(heavy.used, 0);
	assert_true(packet->refcount == 1);
	heavy_end(&heavy);
	json_decref(packet);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heavy),
		cmocka_unit_test(test_heavy_fades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
