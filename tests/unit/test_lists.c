/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <malloc.h>
#include <time.h>

#include "classify/lists.h"
#include "rules_kit.h"

#include "core/banned.h"

#define PORTS 5
#define ALL_PORTS ((1u << PORTS) - 1)

static struct arena arena;

struct subject {
	struct acl_entry *rules;
	struct config_match *matches;
	uint32_t count;
	struct lists *lists;
	double seconds;
	size_t bytes;
};

static void
subject_start(struct subject *subject, uint32_t count)
{
	arena.used = 0;
	*subject = (struct subject){.count = count};
	subject->rules = arena_take(&arena, (count + 1) * sizeof(*subject->rules));
	subject->matches = arena_take(&arena, (count + 1) * sizeof(*subject->matches));
	for (uint32_t i = 0; i < count; i++)
		subject->rules[i] = (struct acl_entry){
			.match = &subject->matches[i], .from = ALL_PORTS, .value = i * 3 + 7};
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static size_t
allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void
subject_make(struct subject *subject)
{
	size_t before = allocated();
	double start = now();

	assert_int_equal(lists_make(subject->rules, subject->count, &subject->lists), 0);
	subject->seconds = now() - start;
	subject->bytes = allocated() - before;
}

static void
random_view(struct packet_view *view, uint16_t in_port)
{
	uint8_t *bytes = (uint8_t *)view;

	for (size_t i = 0; i < sizeof(*view); i++)
		bytes[i] = rand();
	view->kind = rand() % PACKET_KINDS;
	view->in_port = rte_cpu_to_be_16(in_port);
	view->vlan = chance(3) ? PACKET_NO_VLAN : rte_cpu_to_be_16(rand() & 4095);
	if (view->kind == PACKET_IPV4 || view->kind == PACKET_IPV4_PORTS)
		view->ether_type = RTE_BE16(0x0800);
	else if (view->kind >= PACKET_IPV6_BARE)
		view->ether_type = RTE_BE16(0x86dd);
}

static uint32_t
near_set(const struct config_set *set)
{
	const struct config_range *range = &set->ranges[rand() % set->count];

	return (chance(2) ? range->low : range->high) + rand() % 3 - 1;
}

/* An address in a prefix, or the one before its first or behind its last. */
static void
near_prefix(const struct config_prefixes *prefixes, unsigned family, void *address)
{
	const struct config_prefix *prefix = &prefixes->items[rand() % prefixes->count];
	unsigned size = family == 4 ? 4 : 16;
	uint8_t bytes[16];
	int step = rand() % 3 - 1;

	if (prefix->family != family)
		return;
	memcpy(bytes, prefix->address, sizeof(bytes));
	for (unsigned bit = prefix->length; bit < size * 8; bit++)
		bytes[bit / 8] |= step > 0 ? 0x80 >> bit % 8 : (rand() & 0x80) >> bit % 8;
	if (step < 0) {
		memcpy(bytes, prefix->address, sizeof(bytes));
	}
	for (unsigned i = size; step && i-- > 0;) {
		bytes[i] += step;
		if (bytes[i] != (step > 0 ? 0 : 0xff))
			break;
	}
	memcpy(address, bytes, size);
}

/* A view on the edges of some rule's lists, most of the time. */
static void
view_near(struct packet_view *view, const struct config_match *match)
{
	bool is4 = view->kind == PACKET_IPV4 || view->kind == PACKET_IPV4_PORTS;
	bool is6 = view->kind >= PACKET_IPV6_BARE;

	if (match->src.count && (is4 || is6))
		near_prefix(&match->src, is4 ? 4 : 6, is4 ? (void *)&view->src4 : view->src6);
	if (match->dst.count && (is4 || is6))
		near_prefix(&match->dst, is4 ? 4 : 6, is4 ? (void *)&view->dst4 : view->dst6);
	if (match->src_port.count)
		view->src_port = rte_cpu_to_be_16(near_set(&match->src_port));
	if (match->dst_port.count)
		view->dst_port = rte_cpu_to_be_16(near_set(&match->dst_port));
	if (match->vlan.count)
		view->vlan = rte_cpu_to_be_16(near_set(&match->vlan) & 4095);
	if (match->protocol.count)
		view->protocol = near_set(&match->protocol);
	if (match->ether_type.count && view->kind == PACKET_OTHER)
		view->ether_type = rte_cpu_to_be_16(near_set(&match->ether_type));
}

/* What look-ups say of some packets, held against the meaning of each rule. How often a rule held. */
static uint64_t
check(const struct subject *subject, unsigned bursts)
{
	static struct packet_view views[BURST_MAX];
	const struct packet_view *some[BURST_MAX];
	size_t stride = subject->count + 1;
	uint32_t *values = calloc(BURST_MAX * stride, sizeof(*values));
	uint64_t holds = 0;

	for (unsigned i = 0; i < bursts; i++) {
		unsigned count = 1 + rand() % BURST_MAX;
		uint16_t in_port = rand() % PORTS;
		uint32_t first[BURST_MAX], counts[BURST_MAX] = {0}, before[BURST_MAX];

		for (unsigned j = 0; j < count; j++) {
			random_view(&views[j], in_port);
			if (subject->count && !chance(8))
				view_near(&views[j], &subject->matches[rand() % subject->count]);
			before[j] = first[j] = chance(3)
						       ? (uint32_t)rand() % (subject->count * 3 + 9)
						       : UINT32_MAX;
			some[j] = &views[j];
		}
		lists_find_first(subject->lists, some, count, in_port, first);
		lists_find_all(subject->lists, some, count, in_port, values, stride, counts);
		for (unsigned j = 0; j < count; j++) {
			uint32_t least = before[j], found = 0;

			for (uint32_t rule = 0; rule < subject->count; rule++) {
				const struct acl_entry *entry = &subject->rules[rule];

				if (!(entry->from >> in_port & 1) ||
				    !plain_match_holds(entry->match, &views[j]))
					continue;
				assert_true(found < counts[j]);
				assert_int_equal(values[j * stride + found++], entry->value);
				least = entry->value < least ? entry->value : least;
			}
			assert_int_equal(found, counts[j]);
			assert_int_equal(first[j], least);
			holds += found;
		}
	}
	free(values);
	return holds;
}

static void
subject_stop(struct subject *subject)
{
	lists_free(subject->lists);
}

static struct config_set
random_set(unsigned count, uint32_t most)
{
	struct config_set set = {.count = count};

	set.ranges = arena_take(&arena, count * sizeof(*set.ranges));
	for (unsigned i = 0; i < count; i++) {
		uint32_t low = chance(40) ? 0 : (uint32_t)rand() % (most + 1);
		uint32_t high = chance(40) ? most : low + (chance(3) ? rand() % (most / 16) : 0);

		set.ranges[i] = (struct config_range){low, high > most ? most : high};
	}
	set_finish(&set);
	return set;
}

/* Nested and beside each other: few first bits differ. */
static struct config_prefixes
random_prefixes(unsigned count, unsigned families)
{
	struct config_prefixes prefixes = {.count = count};

	prefixes.items = arena_take(&arena, count * sizeof(*prefixes.items));
	for (unsigned i = 0; i < count; i++) {
		uint8_t address[16], family = families == 46 ? (chance(2) ? 4 : 6) : families;

		for (unsigned j = 0; j < 16; j++)
			address[j] = chance(3) ? 0xff : chance(3) ? 0 : rand();
		prefix_around(&prefixes.items[i], address, family);
		if (prefixes.items[i].length < 6 && !chance(20)) {
			i--;
			continue;
		}
	}
	prefixes_finish(&prefixes);
	return prefixes;
}

static void
random_match(struct config_match *match, unsigned most)
{
	static const unsigned families[] = {4, 6, 46};

	if (chance(3))
		match->src = random_prefixes(1 + rand() % most, families[rand() % 3]);
	if (chance(3))
		match->dst = random_prefixes(1 + rand() % most, families[rand() % 3]);
	if (chance(4))
		match->src_port = random_set(1 + rand() % most, 65535);
	if (chance(3))
		match->dst_port = random_set(1 + rand() % most, 65535);
	if (chance(3))
		match->vlan = random_set(1 + rand() % most, 4095);
	if (chance(5))
		match->protocol = random_set(1 + rand() % (most > 8 ? 8 : most), 255);
	if (chance(8))
		match->ether_type = random_set(1 + rand() % most, 65535);
}

static void
rules_agree(void **state)
{
	static const uint32_t sizes[] = {1, 2, 63, 64, 65, 128, 300, 4096, 4097, 9000};

	uint64_t holds = 0;

	srand(1);
	for (unsigned round = 0; round < 60; round++) {
		uint32_t size = sizes[round % 10];
		struct subject subject;

		subject_start(&subject, size);
		for (uint32_t i = 0; i < size; i++) {
			random_match(&subject.matches[i], size > 1000 ? 4 : 60);
			if (chance(3))
				subject.rules[i].from = rand() & ALL_PORTS;
		}
		subject_make(&subject);
		assert_int_equal(subject.lists->part_count, size <= 4096   ? 1
							    : size <= 8192 ? 2
									   : 4);
		holds += check(&subject, size > 1000 ? 3 : 100);
		subject_stop(&subject);
	}
	print_message("rules held %" PRIu64 " times\n", holds);
	assert_true(holds > 100000);
}

static void
no_rules_are_no_lists(void **state)
{
	struct lists *lists;

	assert_int_equal(lists_make(NULL, 0, &lists), 0);
	assert_null(lists);
	lists_free(NULL);
}

/* Every list lies across every other: parts are halved until they fit. */
static void
lists_across_each_other_are_halved(void **state)
{
	struct subject subject;

	srand(2);
	subject_start(&subject, 4096);
	for (uint32_t i = 0; i < subject.count; i++)
		subject.matches[i].src = random_prefixes(40, 4);
	subject_make(&subject);
	print_message("%u rules of 40 prefixes: %u parts, %.2f s, %zu MiB\n", subject.count,
		      subject.lists->part_count, subject.seconds, subject.bytes >> 20);
	assert_true(subject.lists->part_count > 1);
	assert_true(subject.bytes < (size_t)256 << 20);
	assert_true(check(&subject, 3) > 0);
	subject_stop(&subject);
}

static bool
prefixes_meet(const struct config_prefixes *a, const struct config_prefixes *b)
{
	for (unsigned i = 0; i < a->count; i++) {
		for (unsigned j = 0; j < b->count; j++) {
			const struct config_prefix *x = &a->items[i], *y = &b->items[j];

			if (prefix_holds(x, y->family, y->address) ||
			    prefix_holds(y, x->family, x->address))
				return true;
		}
	}
	return a->count == 0 || b->count == 0;
}

/* Whether two lists have an address in common, in one walk over both. */
static void
overlaps_of_lists(void **state)
{
	unsigned met = 0;

	srand(3);
	for (unsigned round = 0; round < 20000; round++) {
		struct config_match a = {0}, b = {0};
		bool meet;

		arena.used = 0;
		a.src = random_prefixes(1 + rand() % 8, round % 2 ? 46 : 4);
		b.src = random_prefixes(1 + rand() % 8, round % 2 ? 46 : 4);
		meet = prefixes_meet(&a.src, &b.src);
		met += meet;
		assert_int_equal(match_overlap(&a, &b), meet);
		assert_int_equal(match_overlap(&b, &a), meet);
	}
	assert_true(met > 1000 && met < 19000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_agree),
		cmocka_unit_test(no_rules_are_no_lists),
		cmocka_unit_test(lists_across_each_other_are_halved),
		cmocka_unit_test(overlaps_of_lists),
	};
	int failed;

	arena.size = (size_t)1 << 30;
	arena.memory = malloc(arena.size);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(arena.memory);
	return failed;
}
