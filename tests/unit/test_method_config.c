/* SPDX-License-Identifier: BSD-3-Clause */
/* Configs that are shown, compared and applied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "method_kit.h"

#include "core/banned.h"

/* The running config's text as parameters, with one word in the place of another. */
static char *
text_params(const char *from, const char *to)
{
	json_t *show = result_of("config.show", NULL), *params;
	const char *text = json_string_value(json_object_get(show, "text"));
	const char *place = strstr(text, from);
	char *changed, *result;

	assert_non_null(place);
	assert_true(asprintf(&changed, "%.*s%s%s", (int)(place - text), text, to,
			     place + strlen(from)) > 0);
	params = json_pack("{s:s}", "text", changed);
	result = json_dumps(params, 0);
	json_decref(params);
	json_decref(show);
	free(changed);
	return result;
}

static void
show_feeds_apply(void **state)
{
	char *same = text_params("dns", "dns"), *other = text_params("dns", "names");
	unsigned applied = daemon_.engine->applied;
	json_t *result;

	result = result_of("config.diff", same);
	assert_true(json_is_true(json_object_get(result, "equal")));
	json_decref(result);
	result = result_of("config.diff", other);
	assert_non_null(strstr(json_string_value(json_object_get(result, "diff")), "\n+"));
	json_decref(result);
	json_decref(result_of("config.check", other));
	assert_int_equal(daemon_.engine->applied, applied);
	assert_string_equal(engine_config(daemon_.engine)->rules[0].name, "dns");
	json_decref(result_of("config.apply", other));
	assert_int_equal(daemon_.engine->applied, applied + 1);
	assert_string_equal(engine_config(daemon_.engine)->rules[0].name, "names");
	json_decref(result_of("config.apply", same));
	free(same);
	free(other);
}

#define MANY 6000
/* What is written of a longer answer at once, and what a rule's text may be longer. */
#define PIECE_MAX (129 * 1024)

/* A config with many rules more, as parameters that name a file of it. */
static char *
many_params(char *file)
{
	char *params;
	int fd = mkstemp(file);
	FILE *out = fdopen(fd, "w");

	assert_non_null(out);
	fputs("version: 1\nrun-dir: /nowhere\nports:\n  a: { vdev: net_null0 }\n"
	      "  b: { vdev: net_null1 }\nrules:\n",
	      out);
	for (unsigned i = 0; i < MANY; i++)
		fprintf(out, "- { name: r%u, match: { vlan: 1 }, actions: [ drop ] }\n", i);
	assert_int_equal(fclose(out), 0);
	assert_true(asprintf(&params, "{\"file\":\"%s\"}", file) > 0);
	return params;
}

/* The text of the answer's member, after it was seen that no piece of the answer is long. */
static char *
in_pieces(const char *method, const char *params, const char *member)
{
	struct outcome outcome;
	char *line, *all = NULL, *piece, *joined, *text;
	unsigned pieces = 0;
	bool more = true;
	json_t *answer;

	assert_true(asprintf(&line,
			     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
			     method, params) > 0);
	outcome = outcome_of(&daemon_, line, strlen(line), (struct caller){0});
	free(line);
	assert_non_null(outcome.job);
	job_work(&daemon_, outcome.job);
	outcome.job->call.method->answer(&daemon_, &outcome.job->call);
	assert_true(answer_is_long(&outcome.job->call));
	for (; more; pieces++) {
		piece = answer_piece(&outcome.job->call, &more);
		assert_non_null(piece);
		assert_in_range(strlen(piece), 1, PIECE_MAX);
		assert_true(asprintf(&joined, "%s%s", all ? all : "", piece) >= 0);
		free(all);
		free(piece);
		all = joined;
	}
	assert_true(pieces > 2);
	job_free(outcome.job);
	answer = json_loads(all, 0, NULL);
	free(all);
	text = strdup(
		json_string_value(json_object_get(json_object_get(answer, "result"), member)));
	json_decref(answer);
	return text;
}

static void
a_long_diff_is_written_in_pieces(void **state)
{
	char file[] = "/tmp/sluice-many-XXXXXX", *params = many_params(file), name[32];
	char *same = text_params("dns", "dns");
	char *diff = in_pieces("config.diff", params, "diff");
	char *changes = in_pieces("config.apply", params, "changes");
	const char *place = diff;

	assert_string_equal(diff, changes);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "\n+  - name: r%u\n", i);
		place = strstr(place, name);
		assert_non_null(place);
	}
	json_decref(result_of("config.apply", same));
	free(diff);
	free(changes);
	free(same);
	free(params);
	unlink(file);
}

static void
what_needs_a_restart_is_refused(void **state)
{
	char *packets = text_params("65535", "32767");
	json_t *answer = ask("config.apply", packets, false);
	const json_t *error = json_object_get(answer, "error");

	assert_string_equal(
		json_string_value(json_object_get(json_object_get(error, "data"), "field")),
		"memory");
	assert_int_equal(code_of(answer), RPC_REFUSED);
	free(packets);
}

static void
findings_come_with_their_places(void **state)
{
	json_t *answer = ask("config.apply", "{\"text\":\"version: 1\\nprots: {}\\n\"}", false);
	const json_t *errors = json_object_get(
		json_object_get(json_object_get(answer, "error"), "data"), "errors");
	bool found = false;
	json_t *finding;
	size_t i;

	json_array_foreach (errors, i, finding) {
		if (json_integer_value(json_object_get(finding, "line")) == 2)
			found = json_integer_value(json_object_get(finding, "column")) == 1;
	}
	assert_true(found);
	assert_int_equal(code_of(answer), RPC_INVALID_CONFIG);
	assert_int_equal(code_of(ask("config.apply", "{\"file\":\"/nonexistent\"}", false)),
			 RPC_INVALID_CONFIG);
	assert_int_equal(code_of(ask("config.apply", "{\"file\":\"here\"}", false)),
			 RPC_INVALID_PARAMS);
	assert_int_equal(code_of(ask("config.apply", "{\"file\":\"/x\",\"text\":\"\"}", false)),
			 RPC_INVALID_PARAMS);
	assert_int_equal(code_of(ask("config.apply", "{\"text\":1}", false)), RPC_INVALID_PARAMS);
}

static void
what_the_engine_refuses_changes_nothing(void **state)
{
	char *refused = text_params("dns", "refused");
	unsigned applied = daemon_.engine->applied;

	assert_int_equal(code_of(ask("config.apply", refused, false)), RPC_INVALID_CONFIG);
	assert_int_equal(code_of(ask("config.check", refused, false)), RPC_INVALID_CONFIG);
	assert_int_equal(daemon_.engine->applied, applied);
	free(refused);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(show_feeds_apply),
		cmocka_unit_test(a_long_diff_is_written_in_pieces),
		cmocka_unit_test(what_needs_a_restart_is_refused),
		cmocka_unit_test(findings_come_with_their_places),
		cmocka_unit_test(what_the_engine_refuses_changes_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
