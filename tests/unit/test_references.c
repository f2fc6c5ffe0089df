/* SPDX-License-Identifier: BSD-3-Clause */
/* How many targets one packet can have, as the compiler knows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classify/references.h"

#include "core/banned.h"

#define RULES_MAX 70000
#define MANY 70000

static struct config_rule rules[RULES_MAX];
static struct config_port ports[2];
static struct config_range ranges[RULES_MAX];
static struct config_prefix prefixes[RULES_MAX];
static char names[RULES_MAX][12];
static struct config config;
static struct error_list errors;
static struct config_action drop = {.verb = CONFIG_DROP};

/* Of these, as many from the back as a deciding rule is to have, and from the front of one that passes on. */
static struct config_action mirrors_and_end[CONFIG_TARGETS_MAX + 1];

static struct config_actions
deciding(unsigned targets)
{
	return (struct config_actions){mirrors_and_end + CONFIG_TARGETS_MAX + 1 - targets, targets};
}

/* So many rules that pass on, each to 64 targets, from both ports. */
static void
begin(unsigned count)
{
	memset(rules, 0, sizeof(rules));
	ports[0].name = (char *)(uintptr_t) "a";
	ports[1].name = (char *)(uintptr_t) "b";
	config = (struct config){
		.ports = ports, .port_count = 2, .rules = rules, .rule_count = count};
	for (unsigned i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "r%u", i);
		rules[i].name = names[i];
		rules[i].from = 3;
		rules[i].place = (struct config_place){i + 1, 3};
		rules[i].actions = (struct config_actions){mirrors_and_end, CONFIG_TARGETS_MAX};
	}
}

static void
to_port(unsigned rule, unsigned low)
{
	ranges[rule] = (struct config_range){low, low};
	rules[rule].match.dst_port = (struct config_set){&ranges[rule], 1};
}

static bool
accepted(void)
{
	int ret;

	error_list_clear(&errors);
	ret = references_check(&config, &errors);
	assert_int_equal(errors.count, ret < 0);
	return ret == 0;
}

static void
sums_are_bounded(void **state)
{
	/* 937 times 64 are 59,968: the deciding rule may have 32. */
	begin(938);
	rules[937].actions = deciding(32);
	assert_true(accepted());
	rules[937].actions = deciding(33);
	assert_false(accepted());
	assert_string_equal(
		errors.items[0].message,
		"rules r0 to r936: 937 rules that pass packets on can take the same packet of "
		"port a, and give it, with the one that decides, to 60001 targets; at most 60000 "
		"can have one packet");
	assert_int_equal(errors.items[0].line, 937);

	/* What decides with a filter counts too, and the default. */
	rules[937].filter = (char *)(uintptr_t) "tcp";
	assert_false(accepted());
	begin(937);
	assert_true(accepted());
	begin(938);
	assert_false(accepted());
	begin(938);
	rules[0].actions.count = 32;
	assert_true(accepted());
	config.default_actions = deciding(1);
	assert_false(accepted());
}

static void
what_no_packet_has_at_once_is_no_sum(void **state)
{
	/* Each of another port. */
	begin(1800);
	for (unsigned i = 0; i < 1800; i++)
		rules[i].from = i < 900 ? 1 : 2;
	assert_true(accepted());
	rules[900].from = 3;
	assert_true(accepted());
	for (unsigned i = 900; i < 1800; i++)
		rules[i].from = 3;
	assert_false(accepted());

	/* Behind a rule that takes all. */
	begin(1800);
	rules[900].actions = (struct config_actions){&drop, 1};
	assert_true(accepted());
	to_port(900, 1);
	assert_false(accepted());

	/* To another port each: no packet has two. */
	begin(3000);
	for (unsigned i = 0; i < 3000; i++)
		to_port(i, i + 1);
	assert_true(accepted());
	/* Two to each. */
	for (unsigned i = 0; i < 3000; i++)
		to_port(i, i / 2);
	assert_true(accepted());
	/* A thousand to the same, the others apart. */
	for (unsigned i = 0; i < 3000; i++)
		to_port(i, i < 1000 ? 1 : i);
	assert_false(accepted());
	/* One without keys is with each of them. */
	begin(2000);
	for (unsigned i = 0; i < 2000; i++) {
		if (i % 2)
			to_port(i, i);
	}
	assert_false(accepted());
}

/* One by one with all others, each of these would take a minute and more. */
static void
many_are_told_at_once(void **state)
{
	clock_t began = clock();

	/* All of one match: one class. */
	begin(MANY);
	for (unsigned i = 0; i < MANY; i++) {
		to_port(i, 53);
		rules[i].actions.count = 1;
	}
	assert_false(accepted());
	assert_non_null(strstr(errors.items[0].message, "rules r0 to r69999: 70000 rules"));
	/* All of different ones: more than there may be, which others say. */
	for (unsigned i = 0; i < MANY; i++) {
		prefixes[i] = (struct config_prefix){
			.family = 4, .length = 32, .address = {10, i >> 16, i >> 8, i}};
		rules[i].match.src = (struct config_prefixes){&prefixes[i], 1};
	}
	assert_true(accepted());
	assert_true(clock() - began < 10 * CLOCKS_PER_SEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_bounded),
		cmocka_unit_test(what_no_packet_has_at_once_is_no_sum),
		cmocka_unit_test(many_are_told_at_once),
	};

	for (unsigned i = 0; i <= CONFIG_TARGETS_MAX; i++)
		mirrors_and_end[i].verb = i < CONFIG_TARGETS_MAX ? CONFIG_MIRROR : CONFIG_FORWARD;
	error_list_init(&errors, "config.yaml");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
