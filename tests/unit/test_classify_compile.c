/* SPDX-License-Identifier: BSD-3-Clause */
/* Classify: what compiles, in which time and memory, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <malloc.h>

#include "classify/entries.h"
#include "classify/lists.h"
#include "random_rules.h"

#include "core/banned.h"

/* Distinct rules of the sort that boxes have thousands of. */
static void
thousands_compile_in_time(void **state)
{
	static const char *const what[] = {"plain", "counting", "plain, IPv6",
					   "plain, of ranges and lists cut from packets"};
	static const unsigned sizes[] = {10000, 10000, 10000, 1000};

	srand(4);
	for (unsigned kind = 0; kind < 4; kind++) {
		struct subject subject;
		double seconds;

		make_rules(&subject, sizes[kind]);
		if (kind == 3)
			random_rules(&subject, sizes[kind], PLAIN);
		for (unsigned i = 0; i < 10000 && kind < 3; i++) {
			struct config_match *match = &subject.rules[i].match;
			uint8_t family = kind == 2 ? 6 : 4;

			match->src.items = arena_take(&arena, sizeof(struct config_prefix));
			match->src.count = 1;
			match->src.items[0] =
				(struct config_prefix){.family = family,
						       .length = family == 4 ? 24 : 64,
						       .address = {10 + i % 7, i >> 8, i}};
			match->dst.items = arena_take(&arena, sizeof(struct config_prefix));
			match->dst.count = 1;
			match->dst.items[0] = (struct config_prefix){
				.family = family, .length = 16, .address = {192, i % 250}};
			match->protocol = set_around(&arena, i % 2 ? 6 : 17, 255);
			match->dst_port = set_around(&arena, i % 1000, 65535);
			if (kind == 1)
				subject.rules[i].actions.count = 0;
		}
		seconds = compile(&subject);
		print_message("%u rules, %s: %.2f s\n", sizes[kind], what[kind], seconds);
		assert_true(seconds < 60);
		run_many(&subject, 3);
		release(&subject);
	}
}

/* count values that don't touch, the same for all rules but for the first. */
static struct config_set
spread_set(unsigned count, unsigned first, unsigned step)
{
	struct config_set set = {.count = count};

	set.ranges = arena_take(&arena, count * sizeof(*set.ranges));
	for (unsigned i = 0; i < count; i++)
		set.ranges[i].low = set.ranges[i].high = first + i * step;
	return set;
}

static struct config_prefixes
spread_prefixes(unsigned count, uint8_t family)
{
	struct config_prefixes prefixes = {.count = count};

	prefixes.items = arena_take(&arena, count * sizeof(*prefixes.items));
	for (unsigned i = 0; i < count; i++) {
		uint8_t address[16];

		for (unsigned j = 0; j < sizeof(address); j++)
			address[j] = rand();
		prefix_around(&prefixes.items[i], address, family);
		if (prefixes.items[i].length < 16)
			i--;
	}
	prefixes_finish(&prefixes);
	return prefixes;
}

static size_t
allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* 10^9 combinations in each rule, and in two rules, of source and of destination, their product. */
static void
long_lists_add(void **state)
{
	srand(7);
	for (unsigned round = 0; round < 4; round++) {
		struct subject subject;
		size_t before, after;
		double seconds;

		make_rules(&subject, 12);
		for (unsigned i = 0; i < 12; i++) {
			struct config_rule *rule = &subject.rules[i];
			uint8_t family = round % 2 ? 6 : 4;

			if (i % 3 == 1)
				rule->match.src = spread_prefixes(20000, family);
			else
				rule->match.dst = spread_prefixes(i % 3 ? 20000 : 10000, family);
			if (i % 3 == 0) {
				rule->match.vlan = spread_set(1000, i % 4, 4);
				rule->match.dst_port = spread_set(100, i, 400);
			}
			if (round > 1 && i % 2) {
				rule->actions = (struct config_actions){&mirror, 1};
			}
		}
		before = allocated();
		seconds = compile(&subject);
		after = allocated();
		print_message("12 rules with long lists, IPv%u%s: %.2f s, %zu MiB\n",
			      round % 2 ? 6 : 4, round > 1 ? ", half of them passing" : "", seconds,
			      (after - before) >> 20);
		assert_true(seconds < 60);
		assert_true(after - before < (size_t)200 << 20);
		run_many(&subject, 20);
		release(&subject);
	}
}

static void
too_many_lists_are_refused(void **state)
{
	struct subject subject;
	const struct stage_env env = {.config = &subject.config, .numa = -1};
	struct error_list errors;
	struct config_set set;

	make_rules(&subject, LISTS_RULES_MAX + 1);
	set = spread_set(ENTRIES_COMBINATIONS_MAX + 1, 0, 2);
	for (unsigned i = 0; i <= LISTS_RULES_MAX; i++)
		subject.rules[i].match.dst_port = set;
	error_list_init(&errors, NULL);
	assert_true(classify_stage.compile(&env, &subject.state, &errors) < 0);
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.items[0].message, "at most 65536 rules"));
	error_list_clear(&errors);
}

static void
tells_the_manner_of_filters(void **state)
{
	struct subject subject;

	make_rules(&subject, 4);
	subject.rules[0].filter = (char *)(uintptr_t) "tcp[tcpflags] & tcp-syn != 0";
	subject.rules[1].filter = (char *)(uintptr_t) "ip6 protochain 17";
	subject.rules[3].filter = subject.rules[0].filter;
	compile(&subject);
	assert_string_equal(classify_stage.manner(subject.state, 0), "jit");
	assert_string_equal(classify_stage.manner(subject.state, 1), "interpreter");
	assert_null(classify_stage.manner(subject.state, 2));
	assert_string_equal(classify_stage.manner(subject.state, 3), "jit");
	assert_null(classify_stage.manner(subject.state, 4));
	release(&subject);
}

static void
bad_filters_are_all_told(void **state)
{
	struct subject subject;
	const struct stage_env env = {.config = &subject.config, .numa = -1};
	struct error_list errors;

	make_rules(&subject, 3);
	for (unsigned i = 0; i < 3; i++) {
		subject.rules[i].filter = (char *)(uintptr_t)(i == 1 ? "udp"
							      : i    ? "tcp portt 1"
								     : "inbound");
		subject.rules[i].filter_place = (struct config_place){i + 1, 7};
	}
	error_list_init(&errors, NULL);
	assert_true(classify_stage.compile(&env, &subject.state, &errors) < 0);
	assert_int_equal(errors.count, 2);
	assert_int_equal(errors.items[0].line + errors.items[1].line, 4);
	assert_int_equal(errors.items[0].column, 7);
	assert_string_equal(errors.items[0].field, "rules.rule.filter");
	error_list_clear(&errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_compile_in_time),
		cmocka_unit_test(long_lists_add),
		cmocka_unit_test(too_many_lists_are_refused),
		cmocka_unit_test(tells_the_manner_of_filters),
		cmocka_unit_test(bad_filters_are_all_told),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
