/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "classify/cache.h"
#include "random_rules.h"

#include "core/banned.h"

static void
random_rules_agree(void **state)
{
	srand(1);
	for (unsigned round = 0; round < 150; round++) {
		static const unsigned sizes[] = {0, 1, 3, 10, 40, 150};
		struct subject subject;

		random_rules(&subject, sizes[round % 6], rand() % 32);
		compile(&subject);
		run_many(&subject, 60);
		release(&subject);
	}
}

static void
no_rules_need_no_parsing(void **state)
{
	const struct captured *some[BURST_MAX];
	struct subject subject;

	for (unsigned i = 0; i < BURST_MAX; i++)
		some[i] = &captures.packets[i];
	make_rules(&subject, 0);
	compile(&subject);
	run(&subject, some, BURST_MAX, 3);
	assert_true(burst.uniform);
	assert_int_equal(burst.verdicts[0], 0);
	check_counts(&subject);
	release(&subject);
}

/* All rules are of some ports, the same or not: others need no look-up. */
static void
ports_without_rules(void **state)
{
	srand(6);
	for (unsigned round = 0; round < 24; round++) {
		struct subject subject;

		random_rules(&subject, 20, round % 4 | (round / 4 % 2 ? LISTS : 0));
		for (unsigned i = 0; i < 20; i++)
			subject.rules[i].from = round % 3 ? 6 : 2u << i % 2;
		compile(&subject);
		run_many(&subject, 40);
		release(&subject);
	}
}

/* Every rule holds for every packet: as many layers as rules with different keys. */
static void
deep_overlap(void **state)
{
	struct subject subject;

	srand(2);
	make_rules(&subject, 200);
	for (unsigned i = 0; i < 200; i++) {
		struct config_rule *rule = &subject.rules[i];

		rule->match.protocol.ranges = arena_take(&arena, sizeof(struct config_range));
		rule->match.protocol.ranges[0] = (struct config_range){i % 10, 255 - i / 10};
		rule->match.protocol.count = 1;
		rule->actions = (struct config_actions){&mirror, i % 2};
	}
	compile(&subject);
	run_many(&subject, 50);
	release(&subject);
}

/* One flow after another, again and again: what the cache answers is what the tables did. */
static void
cache_repeats_answers(void **state)
{
	struct subject subject;

	srand(3);
	random_rules(&subject, 100, FROM);
	compile(&subject);
	memset(&tally, 0, sizeof(tally));
	for (unsigned i = 0; i < 6; i++) {
		for (unsigned at = 0; at + BURST_MAX <= captures.count; at += BURST_MAX) {
			const struct captured *some[BURST_MAX];

			for (unsigned j = 0; j < BURST_MAX; j++)
				some[j] = &captures.packets[at + j];
			run(&subject, some, BURST_MAX, i % 2);
		}
	}
	check_counts(&subject);
	assert_true(tally.cache_lookups > 0);
	assert_true(tally.cache_hits * 10 > tally.cache_lookups * 6);
	release(&subject);
}

/* Flows that never come again: the cache steps aside, and answers stay right. */
static void
flood_closes_the_cache(void **state)
{
	static uint8_t bytes[BURST_MAX][64];
	struct captured packets[BURST_MAX];
	const struct captured *some[BURST_MAX];
	struct subject subject;
	uint32_t flow = 0;

	make_rules(&subject, 2);
	for (unsigned i = 0; i < 2; i++) {
		subject.rules[i].match.src.items = arena_take(&arena, sizeof(struct config_prefix));
		subject.rules[i].match.src.items[0] =
			(struct config_prefix){.family = 4, .length = 9, .address = {10, i * 128}};
		subject.rules[i].match.src.count = 1;
	}
	compile(&subject);
	memset(&tally, 0, sizeof(tally));
	for (unsigned i = 0; i < BURST_MAX; i++) {
		memcpy(bytes[i] + 12, "\x08\x00\x45\x00\x00\x32\0\0\0\0\x40\x11\0\0\x0a", 15);
		packets[i].bytes = bytes[i];
		packets[i].length = 64;
		some[i] = &packets[i];
	}
	for (unsigned i = 0; i < 4 * CACHE_WINDOW / BURST_MAX; i++) {
		for (unsigned j = 0; j < BURST_MAX; j++) {
			flow += 0x9e3779b1;
			bytes[j][27] = flow >> 24;
			bytes[j][28] = flow >> 16;
			bytes[j][29] = flow >> 8;
			bytes[j][30] = flow;
		}
		run(&subject, some, BURST_MAX, 0);
	}
	check_counts(&subject);
	/* With its first sets, and then with all. */
	assert_int_equal(tally.cache_lookups, 2 * CACHE_WINDOW);
	release(&subject);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_rules_agree),    cmocka_unit_test(no_rules_need_no_parsing),
		cmocka_unit_test(ports_without_rules),   cmocka_unit_test(deep_overlap),
		cmocka_unit_test(cache_repeats_answers), cmocka_unit_test(flood_closes_the_cache),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
