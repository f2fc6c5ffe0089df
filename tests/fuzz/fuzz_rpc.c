/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a client would send them, in pieces, over a connection and through the methods: each line
 * must be answered by one line of JSON or by none, and no job be left over.
 */
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/fake_engine.h"
#include "control/answer.h"
#include "control/connection.h"
#include "control/outcome.h"
#include "core/log.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct method_daemon daemon_;

static void
start(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	daemon_.engine = fake_engine(FAKE_YAML);
	daemon_.config_file = "/none";
}

static char *
run_job(struct job *job, char *first)
{
	struct call *call = &job->call;
	char *line = first, *piece, *joined;
	bool more = true;

	/* Files of this machine are no part of the input. */
	if (json_object_get(call->params, "file"))
		json_object_set_new(call->params, "file", json_string("/none"));
	if (!method_is_raw(call)) {
		job_work(&daemon_, job);
		if (!call->error.code)
			call->method->answer(&daemon_, call);
	}
	while (more && (piece = answer_piece(call, &more))) {
		if (asprintf(&joined, "%s%s", line ? line : "", piece) < 0)
			abort();
		free(line);
		free(piece);
		line = joined;
	}
	job_free(job);
	return line;
}

static void
check_answer(const char *line)
{
	json_t *answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	if (!answer || strcspn(line, "\n") != strlen(line) - 1 || !json_object_get(answer, "id") ||
	    !json_object_get(answer, "result") == !json_object_get(answer, "error"))
		abort();
	json_decref(answer);
}

static void
answer_lines(struct connection *connection)
{
	const char *line;
	size_t length;

	while ((line = connection_line(connection, &length))) {
		struct outcome outcome = {0};

		if (length > RPC_LINE_MAX)
			abort();
		if (length > 0)
			outcome = outcome_of(&daemon_, line, length, connection_caller(connection));
		connection_consume(connection, 0);
		if (outcome.job)
			outcome.answer = run_job(outcome.job, outcome.answer);
		if (outcome.answer)
			check_answer(outcome.answer);
		free(outcome.answer);
	}
}

/* The first byte says how large the pieces are and by which socket they come. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct connection connection = {0};
	size_t piece, sent = 1;
	int pair[2];

	if (!daemon_.engine)
		start();
	if (size < 1 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		return 0;
	piece = (size_t)1 << (data[0] & 15);
	connection_open(&connection, pair[0], data[0] & 0x80);
	while (sent < size) {
		size_t length = size - sent < piece ? size - sent : piece;
		ssize_t written = write(pair[1], data + sent, length);

		if (written > 0)
			sent += (size_t)written;
		if (!connection_receive(&connection, 0))
			abort();
		answer_lines(&connection);
		if (connection_overlong(&connection))
			break;
	}
	shutdown(pair[1], SHUT_WR);
	while (!connection.ended && !connection_overlong(&connection)) {
		if (!connection_receive(&connection, 0))
			abort();
		answer_lines(&connection);
	}
	answer_lines(&connection);
	connection_close(&connection);
	close(pair[1]);
	return 0;
}
