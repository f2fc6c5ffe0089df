/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules, as they are read: what they match, what becomes of packets, and that there may be many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "config_kit.h"
#include "core/reaper.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD
#define MANY_RULES 100000
#define MANY_SECONDS 20 /* a bound that holds under sanitizers too; far less is usual */

static void
test_rules(void **state)
{
	struct config *config = config_of(
		HEAD
		"groups: { g: { ports: [b, a] } }\n"
		"rules:\n"
		"  - { name: one, from: [r, a], actions: [ mirror: g, mirror: w, forward: a ] }\n"
		"  - name: two\n    filter: >-\n      tcp port 80\n      or udp\n"
		"    actions: [ drop ]\n"
		"  - name: three\n    match: {}\n"
		"default: { forward: g }\n");
	const struct config_rule *rule;

	assert_non_null(config);
	assert_int_equal(config->groups[0].port_count, 2);
	assert_int_equal(config->groups[0].ports[0], 1);
	rule = &config->rules[0];
	assert_string_equal(rule->name, "one");
	assert_true(rule->from_given && rule->from == 5 && !rule->match_given && !rule->filter);
	assert_int_equal(rule->actions.count, 3);
	assert_int_equal(config_targets(&rule->actions), 3);
	assert_int_equal(rule->actions.items[0].verb, CONFIG_MIRROR);
	assert_int_equal(rule->actions.items[0].target.kind, CONFIG_TARGET_GROUP);
	assert_int_equal(rule->actions.items[0].target.index, 0);
	assert_int_equal(rule->actions.items[1].verb, CONFIG_MIRROR);
	assert_int_equal(rule->actions.items[1].target.kind, CONFIG_TARGET_PORT);
	assert_int_equal(rule->actions.items[1].target.index, 3);
	assert_ptr_equal(config_end(&rule->actions), &rule->actions.items[2]);
	assert_int_equal(rule->actions.items[2].verb, CONFIG_FORWARD);
	assert_int_equal(rule->actions.items[2].target.index, 0);
	assert_int_equal(rule->place.line, 9);
	assert_int_equal(rule->place.column, 5);
	rule = &config->rules[1];
	assert_string_equal(rule->filter, "tcp port 80 or udp");
	assert_true(!rule->from_given && rule->from == 0xf);
	assert_int_equal(config_end(&rule->actions)->verb, CONFIG_DROP);
	assert_int_equal(rule->filter_place.line, 11);
	assert_int_equal(rule->filter_place.column, 13);
	rule = &config->rules[2];
	assert_true(rule->match_given);
	assert_null(config_end(&rule->actions));
	assert_int_equal(config->default_actions.items[0].verb, CONFIG_FORWARD);
	assert_int_equal(config->default_actions.items[0].target.kind, CONFIG_TARGET_GROUP);
	config_free(config);
}

static void
assert_set(const struct config_set *set, unsigned count, const uint32_t *values)
{
	assert_int_equal(set->count, count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(set->ranges[i].low, values[2 * i]);
		assert_int_equal(set->ranges[i].high, values[2 * i + 1]);
	}
}

static void
test_sets(void **state)
{
	struct config *config = config_of(HEAD "rules:\n"
					       "- name: one\n  match:\n"
					       "    ether-type: [ \"0x86DD\", IPv4, 35000-35002 ]\n"
					       "    vlan: 4095\n"
					       "    protocol: [ 17, tcp, '6', 0-2, 3 ]\n"
					       "    src-port: [ 20-30, 1, 25-40, 41, 65535 ]\n"
					       "    dst-port: 0x10-0x1f\n");
	const struct config_match *match;

	assert_non_null(config);
	match = &config->rules[0].match;
	assert_set(&match->ether_type, 3, (uint32_t[]){0x800, 0x800, 0x86dd, 0x86dd, 35000, 35002});
	assert_set(&match->vlan, 1, (uint32_t[]){4095, 4095});
	assert_set(&match->protocol, 3, (uint32_t[]){0, 3, 6, 6, 17, 17});
	assert_set(&match->src_port, 3, (uint32_t[]){1, 1, 20, 41, 65535, 65535});
	assert_set(&match->dst_port, 1, (uint32_t[]){16, 31});
	assert_int_equal(match->src.count, 0);
	config_free(config);
}

static void
test_prefixes(void **state)
{
	struct config *config = config_of(
		HEAD "rules:\n"
		     "- name: one\n  match:\n"
		     "    src: [ 10.1.0.0/16, 192.0.2.1, 10.0.0.0/8, \"::/0\", \"2001:db8::/32\",\n"
		     "           10.0.0.0/8, 10.255.255.255 ]\n"
		     "    dst: 0.0.0.0/0\n");
	const struct config_prefixes *src;

	assert_non_null(config);
	src = &config->rules[0].match.src;
	assert_int_equal(src->count, 3);
	assert_int_equal(src->items[0].family, 4);
	assert_int_equal(src->items[0].length, 8);
	assert_memory_equal(src->items[0].address, "\x0a\0\0\0", 4);
	assert_int_equal(src->items[1].length, 32);
	assert_memory_equal(src->items[1].address, "\xc0\0\x02\x01", 4);
	assert_int_equal(src->items[2].family, 6);
	assert_int_equal(src->items[2].length, 0);
	assert_int_equal(config->rules[0].match.dst.items[0].length, 0);
	config_free(config);
}

static void
test_many_rules(void **state)
{
	struct error_list errors;
	struct config *config;
	struct timespec from, to;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, HEAD "rules:\n");
	for (unsigned i = 0; i < MANY_RULES; i++)
		fprintf(out,
			"- { name: rule-%u, match: { protocol: tcp, src: 10.%u.%u.%u, dst-port: %u "
			"}, "
			"actions: [ { forward: b } ] }\n",
			i, i >> 16, i >> 8 & 255, i & 255, i & 65535);
	fprintf(out, "- { name: rule-7 }\n");
	fclose(out);
	clock_gettime(CLOCK_MONOTONIC, &from);
	error_list_init(&errors, NULL);
	assert_int_equal(config_parse(text, size, NULL, &config, &errors), -EINVAL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(errors.count, 1);
	assert_string_equal(
		errors.items[0].message,
		"name: \"rule-7\" is the rule in line 15 already; a name is one rule's");
	assert_true(to.tv_sec - from.tv_sec < MANY_SECONDS);
	error_list_clear(&errors);
	free(text);
}

/* Whether a thread of this process has that name. */
static bool
has_thread(const char *name)
{
	glob_t files;
	bool found = false;

	assert_int_equal(glob("/proc/self/task/*/comm", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char text[32] = "";
		FILE *file = fopen(files.gl_pathv[i], "r");

		if (!file)
			continue;
		if (fgets(text, sizeof(text), file))
			found |= strncmp(text, name, strlen(name)) == 0;
		fclose(file);
	}
	globfree(&files);
	return found;
}

/* Who holds a large config last may be the thread that waits for nobody. */
static void
test_many_are_freed_beside(void **state)
{
	struct config *config;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, HEAD "rules:\n");
	for (unsigned i = 0; i < 5000; i++)
		fprintf(out, "- { name: rule-%u, actions: [ drop ] }\n", i);
	fclose(out);
	config = config_hold(config_of(text));
	free(text);
	config_free(config);
	assert_false(has_thread("sluiced-free"));
	config_free(config);
	for (unsigned i = 0; i < 1000 && !has_thread("sluiced-free"); i++)
		usleep(10000);
	assert_true(has_thread("sluiced-free"));
	reaper_settle();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_are_freed_beside),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_many_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
