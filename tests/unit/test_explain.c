/* SPDX-License-Identifier: BSD-3-Clause */
/* Where tables and config say other things, an explanation says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "config_kit.h"
#include "eal.h"
#include "engine/program.h"
#include "explain/explain.h"
#include "explain/words.h"
#include "port/time.h"

#include "core/banned.h"

static struct port *ports[CONFIG_PORTS_MAX];

static struct program *
compile(const char *rules)
{
	char text[2048];
	struct config *config;
	struct program *program;
	struct error_list errors;

	snprintf(text, sizeof(text), CONFIG_HEAD "%s", rules);
	config = config_of(text);
	assert_non_null(config);
	for (unsigned i = 0; i < config->port_count; i++) {
		ports[i] = ports_make(&config->ports[i], i);
		assert_non_null(ports[i]);
		frames_judge_writer(ports[i]);
	}
	error_list_init(&errors, NULL);
	assert_int_equal(program_make(config,
				      &(struct program_setting){STAGE_LOOKS, ports, NULL, 1, NULL},
				      &program, &errors),
			 0);
	error_list_clear(&errors);
	return program;
}

static void
release(struct program *program)
{
	unsigned count = program->config->port_count;

	program_free(program);
	for (unsigned i = 0; i < count; i++)
		ports_unmake(ports[i]);
}

static json_t *
ask(struct program *program, const char *words)
{
	const struct explain_live live = {.program = program, .ports = ports};
	struct explain_question question = {.near = 3};
	struct words_packet packet;
	struct error_list errors;
	struct explain *explain;
	char reason[WORDS_REASON_MAX];
	json_t *answer;

	error_list_init(&errors, NULL);
	assert_int_equal(words_read(words, &packet, reason, sizeof(reason)), 0);
	assert_int_equal(explain_running(&live, &explain, &errors), 0);
	question.bytes = packet.bytes;
	question.length = question.wire_length = packet.length;
	answer = explain_ask(explain, &question);
	assert_non_null(answer);
	explain_free(explain);
	free(packet.bytes);
	error_list_clear(&errors);
	return answer;
}

/* The answer for a program of one config whose place another one has taken. */
static json_t *
ask_otherwise(const char *compiled, const char *read, const char *words)
{
	struct program *program = compile(compiled);
	struct config *own = program->config, *other;
	json_t *answer;
	char text[2048];

	snprintf(text, sizeof(text), CONFIG_HEAD "%s", read);
	other = config_of(text);
	assert_non_null(other);
	program->config = other;
	answer = ask(program, words);
	program->config = own;
	config_free(other);
	release(program);
	return answer;
}

#define WEB "tcp 10.0.0.6:43211 > 192.0.2.1:443"
#define RULE(port, action) \
	"rules:\n  - { name: r, match: { dst-port: " port " }, actions: [ " action " ] }\n"

static const json_t *
differs(const json_t *answer)
{
	return json_object_get(answer, "differs");
}

static void
agrees_with_itself(void **state)
{
	struct program *program = compile(RULE("443", "{ set: { ttl: 9 } }, { forward: b }"));
	json_t *answer = ask(program, WEB);

	assert_true(explain_agrees(answer));
	assert_null(differs(answer));
	json_decref(answer);
	release(program);
}

/* The rule is read to take it, and the tables do not have it; and the other way round. */
static void
says_where_rules_differ(void **state)
{
	static const char *const ways[][2] = {
		{RULE("53", "drop"), RULE("443", "drop")},
		{RULE("443", "drop"), RULE("53", "drop")},
	};

	for (unsigned i = 0; i < 2; i++) {
		json_t *answer = ask_otherwise(ways[i][0], ways[i][1], WEB);

		assert_false(explain_agrees(answer));
		assert_string_equal(json_string_value(json_array_get(differs(answer), 0)),
				    "the tables take it by other rules than the config says");
		assert_non_null(json_object_get(json_object_get(answer, "tables"), "rule"));
		json_decref(answer);
	}
}

/* The rule is the same, and what is done another: another port, another edit, another drop, no mirror. */
static void
says_where_lists_differ(void **state)
{
	static const char *const ways[][2] = {
		{"{ forward: a }", "{ forward: b }"},
		{"{ set: { ttl: 9 } }, { forward: b }", "{ set: { ttl: 8 } }, { forward: b }"},
		{"drop", "{ forward: b }"},
		{"{ mirror: a }, { forward: b }", "{ forward: b }"},
		{"{ forward: b }", "{ mirror: a }, { forward: b }"},
	};

	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char compiled[512], read[512];
		json_t *answer;

		snprintf(compiled, sizeof(compiled), RULE("443", "%s"), ways[i][0]);
		snprintf(read, sizeof(read), RULE("443", "%s"), ways[i][1]);
		answer = ask_otherwise(compiled, read, WEB);
		assert_false(explain_agrees(answer));
		assert_string_equal(json_string_value(json_array_get(differs(answer), 0)),
				    "what leaves is not what the lists say");
		json_decref(answer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_itself),
		cmocka_unit_test(says_where_rules_differ),
		cmocka_unit_test(says_where_lists_differ),
	};

	test_eal_start();
	if (packet_time_register() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
