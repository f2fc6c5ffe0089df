/* SPDX-License-Identifier: BSD-3-Clause */
/* Every method by its request line, without sockets: outcome_of and what jobs do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "control/answer.h"
#include "control/outcome.h"
#include "core/log.h"
#include "fake_engine.h"

#include "core/banned.h"

static struct method_daemon daemon_;

static int
set_up(void **state)
{
	daemon_ = (struct method_daemon){.engine = fake_engine(FAKE_YAML),
					 .config_file = "/etc/sluice.yaml"};
	return 0;
}

static int
tear_down(void **state)
{
	method_forget(&daemon_);
	engine_free(daemon_.engine);
	return 0;
}

/* What a job's two threads and the control thread do, one after the other; the pieces of an answer as one line. */
static char *
run_job(struct job *job, char *first)
{
	struct call *call = &job->call;
	char *line = first, *piece, *joined;
	bool more = true;

	if (!method_is_raw(call)) {
		job_work(&daemon_, job);
		if (!call->error.code)
			call->method->answer(&daemon_, call);
	}
	while (more) {
		piece = answer_piece(call, &more);
		if (!piece)
			break;
		assert_true(asprintf(&joined, "%s%s", line ? line : "", piece) >= 0);
		free(line);
		free(piece);
		line = joined;
	}
	job_free(job);
	return line;
}

static char *
handle(const char *line, bool reading_only)
{
	struct caller caller = {.reading_only = reading_only};
	struct outcome outcome = outcome_of(&daemon_, line, strlen(line), caller);

	return outcome.job ? run_job(outcome.job, outcome.answer) : outcome.answer;
}

/* The answer to a call; params are JSON or NULL. */
static json_t *
ask(const char *method, const char *params, bool reading_only)
{
	json_t *request = json_pack("{s:s, s:i, s:s}", "jsonrpc", "2.0", "id", 1, "method", method);
	json_t *answer;
	char *line, *text;

	if (params)
		json_object_set_new(request, "params", json_loads(params, 0, NULL));
	line = json_dumps(request, 0);
	text = handle(line, reading_only);
	assert_non_null(text);
	answer = json_loads(text, 0, NULL);
	assert_non_null(answer);
	assert_int_equal(json_integer_value(json_object_get(answer, "id")), 1);
	free(text);
	free(line);
	json_decref(request);
	return answer;
}

static int
code_of(json_t *answer)
{
	int code =
		(int)json_integer_value(json_object_get(json_object_get(answer, "error"), "code"));

	json_decref(answer);
	return code;
}

static json_t *
result_of(const char *method, const char *params)
{
	json_t *answer = ask(method, params, false);
	json_t *result = json_incref(json_object_get(answer, "result"));

	json_decref(answer);
	assert_non_null(result);
	return result;
}

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
		if (code != 0 && strcmp(method->name, "config.rollback") != 0)
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
		cmocka_unit_test(every_method_answers),
		cmocka_unit_test(stats_change_nothing),
		cmocka_unit_test(methods_lists_the_table),
		cmocka_unit_test(unknown_methods_are_refused),
		cmocka_unit_test(notifications_get_no_answer),
		cmocka_unit_test(show_feeds_apply),
		cmocka_unit_test(a_long_diff_is_written_in_pieces),
		cmocka_unit_test(what_needs_a_restart_is_refused),
		cmocka_unit_test(findings_come_with_their_places),
		cmocka_unit_test(what_the_engine_refuses_changes_nothing),
		cmocka_unit_test(log_level_is_set),
		cmocka_unit_test(long_answers_are_left_to_a_job),
		cmocka_unit_test(lists_are_chosen_from),
		cmocka_unit_test(parameters_have_types),
		cmocka_unit_test(large_snapshots_are_two),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
