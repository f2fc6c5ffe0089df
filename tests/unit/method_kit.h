/* SPDX-License-Identifier: BSD-3-Clause */
/* Methods by their request lines, without sockets: outcome_of and what jobs do. Include after cmocka's headers. */
#ifndef TESTS_METHOD_KIT_H
#define TESTS_METHOD_KIT_H

#include <stdio.h>

#include "control/answer.h"
#include "control/outcome.h"
#include "fake_engine.h"

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

#endif
