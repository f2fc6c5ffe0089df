/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/answer.h"

#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "control/report.h"
#include "control/select.h"

#include "core/banned.h"

/* A piece is about as long: what a socket's buffer takes at once. */
#define PIECE_BYTES (128 * 1024)
/* Rules of which an answer is written in under a millisecond. */
#define RULES_AT_ONCE 256

/* The answer around the rules: everything up to REPORT_RULES_HERE, as JSON has it, and what
 * follows. */
static void
put_head(FILE *out, struct call *call, const char *line)
{
	/* In a client's id it would be the client's own. */
	const char *start = line + strlen(RPC_HEAD) + strlen(call->id);
	const char *here =
		call->item && !call->error.code ? strstr(start, REPORT_RULES_HERE_JSON) : NULL;
	size_t length = strlen(REPORT_RULES_HERE_JSON);

	if (!here) {
		call->end = call->next;
		fputs(line, out);
		return;
	}
	/* A list stands as a member's value, in the place of a string. */
	if (call->method->view && here[-1] == '"' && here[length] == '"') {
		fprintf(out, "%.*s{", (int)(here - 1 - line), line);
		call->tail = here[length + 1] ? strdup(here + length) : NULL;
		if (call->tail)
			call->tail[0] = '}';
		return;
	}
	fprintf(out, "%.*s", (int)(here - line), line);
	call->tail = strdup(here + length);
}

static void
begin(FILE *out, struct call *call)
{
	char *line;

	call->begun = true;
	if (call->error.code) {
		call->end = call->next;
	} else if (call->method->view) {
		select_items(call);
		if (!call->error.code)
			call->result = call->method->view(call->snapshot);
		if (call->result && call->more)
			json_object_update(call->result, call->more);
		select_members(call);
	} else if (call->config) {
		char *text = config_emit_around(call->config, REPORT_RULES_HERE);

		call->result = text ? json_pack("{s:s}", "text", text) : NULL;
		free(text);
	}
	/* What a client sent is not kept while it takes its time to read. */
	json_decref(call->params);
	call->params = NULL;
	line = call->id ? rpc_write(call->id, call->result, &call->error) : NULL;
	if (call->id)
		call->result = NULL;
	if (line)
		put_head(out, call, line);
	else
		call->end = call->next;
	free(line);
}

static void
put_items(FILE *out, struct call *call)
{
	while (call->next < call->end && ftello(out) < PIECE_BYTES) {
		unsigned index = call->indices ? call->indices[call->next] : call->next;

		if (call->method->view && call->next > call->start)
			fputc(',', out);
		call->item(out, call, index);
		call->next++;
	}
	if (call->next == call->end && call->tail) {
		fputs(call->tail, out);
		free(call->tail);
		call->tail = NULL;
	}
}

char *
answer_piece(struct call *call, bool *more)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	*more = false;
	if (!out)
		return NULL;
	/* It is nobody else's. */
	__fsetlocking(out, FSETLOCKING_BYCALLER);
	if (!call->begun)
		begin(out, call);
	put_items(out, call);
	failed = ferror(out);
	if (fclose(out) != 0 || failed || size == 0) {
		free(text);
		return NULL;
	}
	*more = call->next < call->end;
	return text;
}

bool
answer_is_long(const struct call *call)
{
	return call->item && !call->error.code && call->end - call->next > RULES_AT_ONCE;
}
