/* SPDX-License-Identifier: BSD-3-Clause */
/* Every method, and who may call it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/log.h"
#include "method_kit.h"

#include "core/banned.h"

static void
every_method_answers(void **state)
{
	const struct method *method;

	for (unsigned i = 0; (method = method_at(i)); i++) {
		bool given = !method->changes && !method->secret;
		int code;

		assert_ptr_equal(method_find(method->name), method);
		assert_true(*method->text);
		/* Where parameters are needed, an answer is to say so. */
		code = code_of(ask(method->name, NULL, false));
		if (code != 0 && strcmp(method->name, "config.rollback") != 0 &&
		    strcmp(method->name, "look.begin") != 0)
			assert_int_equal(code, RPC_INVALID_PARAMS);
		assert_int_equal(code_of(ask(method->name, "{\"no-such\":1}", false)),
				 RPC_INVALID_PARAMS);
		code = code_of(ask(method->name, NULL, true));
		assert_int_equal(code == RPC_FORBIDDEN, !given);
	}
	assert_int_equal(daemon_.engine->applied, 0);
}

static void
stats_change_nothing(void **state)
{
	static const char *const refused[] = {"config.apply", "config.rollback", "config.text",
					      "log.level", "shutdown"};

	daemon_.stop = false;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(code_of(ask(refused[i], NULL, true)), RPC_FORBIDDEN);
	assert_false(daemon_.stop);
}

static void
methods_lists_the_table(void **state)
{
	json_t *result = result_of("methods", NULL);
	const json_t *methods = json_object_get(result, "methods");
	size_t i;

	for (i = 0; method_at(i); i++)
		assert_string_equal(
			json_string_value(json_object_get(json_array_get(methods, i), "name")),
			method_at(i)->name);
	assert_int_equal(json_array_size(methods), i);
	json_decref(result);
}

static void
unknown_methods_are_refused(void **state)
{
	json_t *answer = ask("stauts", NULL, false);

	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(json_object_get(answer, "error"), "data"), "nearest")),
		"status");
	assert_int_equal(code_of(answer), RPC_UNKNOWN_METHOD);
}

static void
notifications_get_no_answer(void **state)
{
	assert_null(handle("{\"jsonrpc\":\"2.0\",\"method\":\"status\"}", false));
	assert_null(handle("{\"jsonrpc\":\"2.0\",\"method\":\"nope\"}", false));
	assert_null(handle("{\"jsonrpc\":\"2.0\",\"method\":\"shutdown\"}", true));
	assert_false(daemon_.stop);
	assert_null(handle("{\"jsonrpc\":\"2.0\",\"method\":\"shutdown\"}", false));
	assert_true(daemon_.stop);
	daemon_.stop = false;
}

static void
log_level_is_set(void **state)
{
	enum log_level before = log_get_level();

	json_decref(result_of("log.level", "{\"level\":\"debug\"}"));
	assert_int_equal(log_get_level(), LOG_LEVEL_DEBUG);
	assert_int_equal(code_of(ask("log.level", "{\"level\":\"loud\"}", false)),
			 RPC_INVALID_PARAMS);
	assert_int_equal(log_get_level(), LOG_LEVEL_DEBUG);
	log_set_level(before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_method_answers),
		cmocka_unit_test(stats_change_nothing),
		cmocka_unit_test(methods_lists_the_table),
		cmocka_unit_test(unknown_methods_are_refused),
		cmocka_unit_test(notifications_get_no_answer),
		cmocka_unit_test(log_level_is_set),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
