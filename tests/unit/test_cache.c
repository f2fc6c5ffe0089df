/* SPDX-License-Identifier: BSD-3-Clause */
/* Cache: the finder for this processor and the one for all find the same; it grows with what is missed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/cache.h"

#define SETS 64
#define KEYS 32

static struct cache_narrow sets[SETS];

static uint64_t
random_word(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Keys whose halves are often those of others, so that one equal half is not taken for a key. */
static void
make_key(uint64_t key[2])
{
	for (unsigned i = 0; i < 2; i++)
		key[i] = random_word() % 4;
}

static void
both_find_the_same(void **state)
{
	cache_narrow_finder best = cache_narrow_best(), plain = cache_narrow_plain();
	unsigned hits = 0, misses = 0;

	cache_narrow_clear(sets, SETS);
	for (unsigned round = 0; round < 2000; round++) {
		uint32_t found[2][KEYS];
		uint64_t keys[KEYS][2];
		struct cache_narrow *where[KEYS];
		unsigned count = 1 + random_word() % KEYS, missed = 0;

		for (unsigned i = 0; i < count; i++) {
			make_key(keys[i]);
			where[i] = &sets[cache_narrow_set(keys[i], SETS - 1)];
		}
		assert_int_equal(plain(where, (const uint64_t(*)[2])keys, count, found[0]),
				 best(where, (const uint64_t(*)[2])keys, count, found[1]));
		for (unsigned i = 0; i < count; i++) {
			unsigned way = cache_narrow_find(where[i], keys[i]);

			missed += way == CACHE_WAYS;
			if (way == CACHE_WAYS)
				continue;
			/* What was put in below. */
			assert_int_equal(found[0][i], keys[i][0] * 4 + keys[i][1]);
			assert_int_equal(found[1][i], keys[i][0] * 4 + keys[i][1]);
		}
		assert_int_equal(missed, plain(where, (const uint64_t(*)[2])keys, count, found[0]));
		misses += missed;
		hits += count - missed;
		if (cache_narrow_find(where[0], keys[0]) == CACHE_WAYS)
			cache_narrow_insert(where[0], keys[0], keys[0][0] * 4 + keys[0][1]);
		/* Sets forget, so that misses go on. */
		if (round % 16 == 0)
			cache_narrow_clear(sets, SETS);
	}
	assert_true(hits > 1000 && misses > 1000);
}

static void
pass_window(struct cache_gate *gate, uint32_t missed)
{
	cache_gate_pass(gate, CACHE_WINDOW, CACHE_WINDOW - missed);
}

/* Misses of a window that follows growth are what growing costs. */
static void
sets_double_while_flows_miss(void **state)
{
	struct cache_gate gate = cache_gate_open(CACHE_SETS_FIRST * 4);

	pass_window(&gate, CACHE_WINDOW / 64);
	assert_int_equal(gate.mask, CACHE_SETS_FIRST - 1);
	pass_window(&gate, CACHE_WINDOW / 256);
	assert_int_equal(gate.mask, CACHE_SETS_FIRST - 1);
	for (uint32_t used = CACHE_SETS_FIRST * 2; used <= CACHE_SETS_FIRST * 4; used *= 2) {
		pass_window(&gate, CACHE_WINDOW / 64);
		assert_int_equal(gate.mask, used - 1);
		pass_window(&gate, CACHE_WINDOW / 64);
		assert_int_equal(gate.mask, used - 1);
	}
	pass_window(&gate, CACHE_WINDOW / 64);
	assert_int_equal(gate.mask, CACHE_SETS_FIRST * 4 - 1);
	assert_false(gate.closed);
}

/* All sets are tried before none is. */
static void
a_flood_takes_all_sets_first(void **state)
{
	struct cache_gate gate = cache_gate_open(CACHE_NARROW_SETS);

	pass_window(&gate, CACHE_WINDOW);
	assert_int_equal(gate.mask, CACHE_NARROW_SETS - 1);
	assert_false(gate.closed);
	pass_window(&gate, CACHE_WINDOW);
	assert_true(gate.closed);
	assert_int_equal(gate.left, CACHE_WHILE);
	cache_gate_pass(&gate, CACHE_WHILE, 0);
	assert_false(gate.closed);
	pass_window(&gate, 0);
	assert_false(gate.closed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_find_the_same),
		cmocka_unit_test(sets_double_while_flows_miss),
		cmocka_unit_test(a_flood_takes_all_sets_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
