/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers that list many things, and the parameters that choose among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "method_kit.h"

#include "core/banned.h"

static void
long_answers_are_left_to_a_job(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rules\"}";
	struct outcome outcome;
	json_t *result;

	daemon_.engine->extra_rules = 5000;
	method_forget(&daemon_);
	outcome =
		outcome_of(&daemon_, line, sizeof(line) - 1, (struct caller){.reading_only = true});
	assert_null(outcome.answer);
	assert_non_null(outcome.job);
	job_free(outcome.job);
	result = result_of("rules", NULL);
	assert_int_equal(json_object_size(json_object_get(result, "rules")), 5002);
	assert_non_null(json_object_get(result, "retired"));
	json_decref(result);
	result = result_of("status", NULL);
	assert_int_equal(json_object_size(json_object_get(result, "rules")), 5002);
	assert_non_null(json_object_get(result, "sandbox"));
	json_decref(result);
	daemon_.engine->extra_rules = 0;
	method_forget(&daemon_);
}

/* What a call lists, by name, in the order of the config. */
static void
assert_lists(const char *method, const char *key, const char *params, const char *names)
{
	json_t *result = result_of(method, params), *member;
	char found[256] = "";
	size_t used = 0;
	const char *name;

	json_object_foreach (json_object_get(result, key), name, member)
		used += snprintf(found + used, sizeof(found) - used, "%s ", name);
	assert_string_equal(found, names);
	json_decref(result);
}

static void
lists_are_chosen_from(void **state)
{
	json_t *answer;

	daemon_.engine->extra_rules = 3000;
	method_forget(&daemon_);
	assert_lists("rules", "rules", "{\"names\":[\"default\",\"dns\",\"dns\"]}", "dns default ");
	assert_lists("rules", "rules", "{\"names\":[]}", "");
	assert_lists("rules", "rules", "{\"limit\":2}", "dns extra-1 ");
	assert_lists("rules", "rules", "{\"limit\":2,\"offset\":3000}", "extra-3000 default ");
	assert_lists("rules", "rules", "{\"offset\":4000}", "");
	assert_lists("rules", "rules", "{\"limit\":0}", "");
	assert_lists("rules", "rules", "{\"limit\":9223372036854775807,\"offset\":3001}",
		     "default ");
	assert_lists("rules", "rules",
		     "{\"names\":[\"extra-7\",\"extra-9\",\"dns\"],\"limit\":1,\"offset\":1}",
		     "extra-7 ");
	assert_lists("ports", "ports", "{\"names\":[\"b\"]}", "b ");
	assert_lists("ports", "ports", "{\"limit\":1}", "a ");
	assert_lists("ports", "ports", "{\"offset\":1}", "b ");
	answer = ask("rules", "{\"names\":[\"dsn\"]}", true);
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(json_object_get(answer, "error"), "data"), "nearest")),
		"dns");
	assert_int_equal(code_of(answer), RPC_INVALID_PARAMS);
	assert_int_equal(code_of(ask("ports", "{\"names\":[\"a\",\"no\"]}", true)),
			 RPC_INVALID_PARAMS);
	assert_int_equal(code_of(ask("replay.list", "{\"names\":[\"no\"]}", true)),
			 RPC_INVALID_PARAMS);
	daemon_.engine->extra_rules = 0;
	method_forget(&daemon_);
}

static void
parameters_have_types(void **state)
{
	static const char *const wrong[] = {
		"{\"names\":\"dns\"}", "{\"names\":[1]}",  "{\"limit\":\"1\"}",    "{\"limit\":-1}",
		"{\"offset\":1.5}",    "{\"limit\":null}", "{\"names\":{\"a\":1}}"};
	json_t *names = json_array(), *params;
	char *text;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(code_of(ask("rules", wrong[i], true)), RPC_INVALID_PARAMS);
	for (unsigned i = 0; i < 1025; i++)
		json_array_append_new(names, json_string("dns"));
	params = json_pack("{s:o}", "names", names);
	text = json_dumps(params, 0);
	assert_int_equal(code_of(ask("rules", text, true)), RPC_INVALID_PARAMS);
	free(text);
	json_decref(params);
}

/* Readers that keep a large snapshot share two. */
static void
large_snapshots_are_two(void **state)
{
	struct snapshot *held[8];

	daemon_.engine->extra_rules = 16400;
	method_forget(&daemon_);
	for (unsigned i = 0; i < 8; i++)
		held[i] = method_snapshot(&daemon_);
	for (unsigned i = 2; i < 8; i++)
		assert_true(held[i] == held[0] || held[i] == held[1]);
	for (unsigned i = 0; i < 8; i++)
		snapshot_free(held[i]);
	daemon_.engine->extra_rules = 0;
	method_forget(&daemon_);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_answers_are_left_to_a_job),
		cmocka_unit_test(lists_are_chosen_from),
		cmocka_unit_test(parameters_have_types),
		cmocka_unit_test(large_snapshots_are_two),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
