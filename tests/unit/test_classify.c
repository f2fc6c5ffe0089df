/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <malloc.h>

#include "classify/cache.h"
#include "classify/entries.h"
#include "classify/lists.h"
#include "classify_kit.h"
#include "eal.h"

#include "core/banned.h"

static struct packet_view *views; /* of every captured packet, on port 0 */

static const char *const filters[] = {
	"tcp[tcpflags] & tcp-syn != 0",
	"udp",
	"ip6 or arp",
	"greater 100",
	"not port 53",
	"ip[8] & 1 = 1",
	"ether[5] & 1 = 1",
	"ip6 protochain 17",
	"vlan or tcp",
};

enum { PLAIN = 0, PASSING = 1, FILTERS = 2, FROM = 4, BARE = 8, LISTS = 16 };

static void
random_rules(struct subject *subject, unsigned count, unsigned flavour)
{
	make_rules(subject, count);
	for (unsigned i = 0; i < count; i++) {
		struct config_rule *rule = &subject->rules[i];

		longest_list = flavour & LISTS && chance(2) ? 40 : 4;
		if (!(flavour & BARE && chance(16)))
			match_around(&arena, &rule->match, &views[rand() % captures.count], 3);
		if (flavour & FROM && chance(2))
			rule->from = rand() % (1 << PORTS);
		if (flavour & PASSING && chance(2)) {
			rule->actions = (struct config_actions){&mirror, chance(2)};
		}
		if (flavour & FILTERS && chance(4))
			rule->filter = (char *)(uintptr_t)
				filters[rand() % (sizeof(filters) / sizeof(filters[0]))];
		/* Without a key: it would hide all that come after it. */
		if (!(flavour & BARE) && rule->match.vlan.count == 0)
			rule->match.dst_port = set_around(&arena, rand() % 65536, 65535);
	}
	longest_list = 4;
}

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

/* Packets that no capture has: real ones with bytes changed and ends cut off. */
static void
add_mutants(void)
{
	unsigned real = captures.count;

	srand(5);
	for (unsigned i = 0; i < 4000; i++) {
		const struct captured *packet = &captures.packets[rand() % real];
		uint8_t bytes[128];
		uint32_t length = packet->length < 128 ? packet->length : 128;

		memcpy(bytes, packet->bytes, length);
		for (unsigned j = rand() % 4; j > 0 && length > 0; j--)
			bytes[rand() % (length < 70 ? length : 70)] = rand();
		if (chance(3))
			length = rand() % (length + 1);
		captures_add(&captures, bytes, length, captures.file_count);
	}
}

static int
start(void **state)
{
	test_eal_start();
	captures_load(&captures);
	add_mutants();
	arena.size = (size_t)256 << 20;
	arena.memory = malloc(arena.size);
	views = aligned_alloc(64, captures.count * sizeof(*views));
	for (unsigned i = 0; i < captures.count; i++) {
		struct rte_mbuf mbuf, *one = &mbuf;

		fake_mbuf(&mbuf, captures.packets[i].bytes, captures.packets[i].length);
		packet_parse(&one, 1, 0, &views[i]);
	}
	return 0;
}

static int
stop(void **state)
{
	free(views);
	free(arena.memory);
	captures_free(&captures);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_rules_agree),
		cmocka_unit_test(no_rules_need_no_parsing),
		cmocka_unit_test(ports_without_rules),
		cmocka_unit_test(deep_overlap),
		cmocka_unit_test(cache_repeats_answers),
		cmocka_unit_test(flood_closes_the_cache),
		cmocka_unit_test(thousands_compile_in_time),
		cmocka_unit_test(long_lists_add),
		cmocka_unit_test(too_many_lists_are_refused),
		cmocka_unit_test(tells_the_manner_of_filters),
		cmocka_unit_test(bad_filters_are_all_told),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
