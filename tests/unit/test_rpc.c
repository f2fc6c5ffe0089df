/* SPDX-License-Identifier: BSD-3-Clause */
/* Request lines and answer lines as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "control/rpc.h"

#include "core/banned.h"

/* The code that a line is refused with; 0: it is a request. */
static int
code_of(const char *line, size_t length)
{
	struct rpc_request request;
	struct rpc_error error;
	bool good = rpc_read(line, length, &request, &error);

	assert_int_equal(good, error.code == 0);
	assert_true(good || *error.message);
	json_decref(error.data);
	rpc_clear(&request);
	return error.code;
}

#define CODE(text) code_of(text, sizeof(text) - 1)

static void
requests_are_read(void **state)
{
	static const char line[] =
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",\"params\":{\"a\":1}}";
	struct rpc_request request;
	struct rpc_error error;

	assert_true(rpc_read(line, sizeof(line) - 1, &request, &error));
	assert_string_equal(request.method, "m");
	assert_string_equal(request.id, "7");
	assert_int_equal(json_integer_value(json_object_get(request.params, "a")), 1);
	rpc_clear(&request);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\"}"), 0);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":\"x\"}"), 0);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":null}"), 0);
	assert_int_equal(CODE(" {\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1.5}\t"), 0);
}

static void
what_is_no_json_is_refused(void **state)
{
	assert_int_equal(CODE(""), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{} {}"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{\"a\":1,\"a\":1}"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("\xff\xfe"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{\"a\":\"\xc3\"}"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{\"a\":\"\\u0000\"}"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{\"a\":\"\0\"}"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("\0"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{\"a\":123456789012345678901234567890}"), RPC_PARSE_ERROR);
}

static void
what_is_no_request_is_refused(void **state)
{
	assert_int_equal(CODE("[]"), RPC_INVALID_REQUEST);
	assert_int_equal(CODE("[{\"jsonrpc\":\"2.0\",\"method\":\"m\"}]"), RPC_INVALID_REQUEST);
	assert_int_equal(CODE("1"), RPC_INVALID_REQUEST);
	assert_int_equal(CODE("{}"), RPC_INVALID_REQUEST);
	assert_int_equal(CODE("{\"jsonrpc\":\"1.0\",\"method\":\"m\"}"), RPC_INVALID_REQUEST);
	assert_int_equal(CODE("{\"jsonrpc\":2.0,\"method\":\"m\"}"), RPC_INVALID_REQUEST);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":1}"), RPC_INVALID_REQUEST);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":[]}"),
			 RPC_INVALID_REQUEST);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"parmas\":{}}"),
			 RPC_INVALID_REQUEST);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[1]}"),
			 RPC_INVALID_PARAMS);
}

static int
code_of_depth(unsigned depth)
{
	char line[2 * 200];

	memset(line, '[', depth);
	memset(line + depth, ']', depth);
	return code_of(line, 2UL * depth);
}

static void
nesting_has_a_limit(void **state)
{
	char deep[RPC_LINE_MAX];

	assert_int_equal(code_of_depth(RPC_DEPTH_MAX), RPC_INVALID_REQUEST);
	assert_int_equal(code_of_depth(RPC_DEPTH_MAX + 1), RPC_LIMIT);
	memset(deep, '[', sizeof(deep));
	assert_int_equal(code_of(deep, sizeof(deep)), RPC_LIMIT);
	for (size_t i = 0; i + 5 <= sizeof(deep); i += 5)
		memcpy(deep + i, "{\"\":[", 5);
	assert_int_equal(code_of(deep, sizeof(deep)), RPC_LIMIT);
	/* Brackets within strings are text, and what looks like a string's end may be escaped. */
	assert_int_equal(CODE("[\"[[[[[[[[[[[[[[[[[[[[[[[[\"]"), RPC_INVALID_REQUEST);
	assert_int_equal(CODE("[\"\\\"[[[[[[[[[[[[[[[[[[[[[[\"]"), RPC_INVALID_REQUEST);
	assert_int_equal(CODE("[\"\\\\\",[[[[[[[[[[[[[[[[[[[[[[["), RPC_LIMIT);
	/* Side by side is not deep. */
	assert_int_equal(CODE("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]"),
			 RPC_INVALID_REQUEST);
}

static json_t *
written(const char *id, json_t *result, struct rpc_error *error)
{
	char *line = rpc_write(id, result, error);
	json_t *answer;

	assert_non_null(line);
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(answer);
	assert_string_equal(json_string_value(json_object_get(answer, "jsonrpc")), "2.0");
	free(line);
	return answer;
}

static void
answers_are_one_line(void **state)
{
	struct rpc_error error = {0};
	static const char id[] = "\"x\\ny\"";
	json_t *answer;

	answer = written(id, json_pack("{s:s, s:f}", "text", "a\nb", "real", 0.1), &error);
	assert_string_equal(json_string_value(json_object_get(answer, "id")), "x\ny");
	assert_null(json_object_get(answer, "error"));
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(answer, "result"), "text")),
		"a\nb");
	json_decref(answer);

	rpc_fail(&error, RPC_REFUSED, json_pack("{s:s}", "field", "ports"), "no: %s\x1b", "\xff");
	answer = written(NULL, NULL, &error);
	assert_true(json_is_null(json_object_get(answer, "id")));
	assert_null(json_object_get(answer, "result"));
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(answer, "error"), "code")),
		RPC_REFUSED);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(answer, "error"), "message")),
		"no: ??");
	json_decref(answer);

	memset(&error, 0, sizeof(error));
	answer = written(id, NULL, &error);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(answer, "error"), "code")),
		RPC_INTERNAL);
	json_decref(answer);
}

/* What comes back is, byte for byte, what was sent. */
static void
ids_are_kept_as_they_came(void **state)
{
	static const char *const ids[] = {
		"0",
		"-0",
		"1.0",
		"1e3",
		"1E+3",
		"0.1",
		"1.5",
		"-12.50e-7",
		"9223372036854775808",
		"123456789012345678901234567890",
		"1e400",
		"0.1000000000000000055511151231257827",
		"null",
		"\"\"",
		"\"x\"",
		"\"\\u00e9\\ud83d\\ude00\\/\"",
		"\"\xc3\xa9, } ] {\"",
		"\"\\\"id\\\":2\"",
	};
	static const struct {
		const char *before, *after;
		bool sound;
	} lines[] = {
		{"{\"jsonrpc\":\"2.0\",\"id\":", ",\"method\":\"m\"}", true},
		{" { \"id\" :\t", "\t, \"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"id\":3}}",
		 true},
		{"{\"params\":{\"id\":[{\"id\":3}]},\"method\":\"m\",\"jsonrpc\":\"2.0\","
		 "\"\\u0069d\":",
		 " }\t", true},
		{"{\"jsonrpc\":\"1.0\",\"id\":", ",\"method\":\"m\"}", false},
	};

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		for (unsigned j = 0; j < sizeof(lines) / sizeof(lines[0]); j++) {
			char *line, *expected, *answer;
			struct rpc_request request;
			struct rpc_error error;

			assert_true(asprintf(&line, "%s%s%s", lines[j].before, ids[i],
					     lines[j].after) > 0);
			assert_int_equal(rpc_read(line, strlen(line), &request, &error),
					 lines[j].sound);
			assert_string_equal(request.id, ids[i]);
			answer = rpc_write(request.id, json_true(), NULL);
			assert_true(asprintf(&expected,
					     "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":true}\n",
					     ids[i]) > 0);
			assert_string_equal(answer, expected);
			json_decref(error.data);
			rpc_clear(&request);
			free(answer);
			free(expected);
			free(line);
		}
	}
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":01}"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1.}"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":-}"), RPC_PARSE_ERROR);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1e400,\"id\":1}"),
			 RPC_PARSE_ERROR);
	assert_int_equal(CODE("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":true}"),
			 RPC_INVALID_REQUEST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_read),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(answers_are_one_line),
		cmocka_unit_test(ids_are_kept_as_they_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
