/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_capture.h"

#include <stdlib.h>

#include "core/when.h"
#include "recorder/recorder.h"

#include "core/banned.h"

/* NULL, and an error: there is none of this name. */
static struct recorder *
find(const struct method_daemon *daemon, struct call *call)
{
	const char *name = call_param(call, "name");
	struct recorder *recorder =
		recorder_find(engine_target(daemon->engine, CONFIG_TARGET_CAPTURE), name);

	if (!recorder)
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "name"),
			 "there is no capture %s; `sluice captures` lists them", name);
	return recorder;
}

static void
tell(struct call *call, const char *state)
{
	call->result = json_pack("{s:s, s:s}", "name", call_param(call, "name"), "state", state);
}

void
answer_capture_rotate(struct method_daemon *daemon, struct call *call)
{
	struct recorder *recorder = find(daemon, call);

	if (!recorder)
		return;
	recorder_rotate(recorder);
	tell(call, "rotates");
}

void
answer_capture_trigger(struct method_daemon *daemon, struct call *call)
{
	struct recorder *recorder = find(daemon, call);

	if (!recorder)
		return;
	if (recorder_trigger(engine_target(daemon->engine, CONFIG_TARGET_CAPTURE), recorder))
		tell(call, "triggered");
	else
		rpc_fail(&call->error, RPC_REFUSED,
			 json_pack("{s:s}", "capture", call_param(call, "name")),
			 "capture %s has no trigger: all that it is given is written",
			 call_param(call, "name"));
}

/* NULL where it is not known. */
static json_t *
time_json(const struct store_file *file, uint64_t ns)
{
	char text[WHEN_TEXT_MAX];

	if (!file->known)
		return json_null();
	when_format(ns, text);
	return json_string(text);
}

static json_t *
file_json(const struct store_file *file)
{
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:I, s:b, s:b}", "name", file->name, "first",
		time_json(file, file->first_ns), "last", time_json(file, file->last_ns), "packets",
		file->known ? json_integer((json_int_t)file->packets) : json_null(), "bytes",
		(json_int_t)file->bytes, "whole", file->whole, "lacks", file->lacks);
}

void
answer_capture_list(struct method_daemon *daemon, struct call *call)
{
	struct recorder *recorder = find(daemon, call);
	char writes[STORE_PATH_MAX];
	struct store_file *files;
	unsigned count, shown;
	json_t *list;

	if (!recorder)
		return;
	files = calloc(CAPTURE_FILES_MAX, sizeof(*files));
	if (!files) {
		rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
		return;
	}
	/* In this order: what is closed meanwhile is told twice, and not left out. */
	recorder_writes(recorder, writes);
	count = recorder_files(recorder, files, CAPTURE_FILES_MAX);
	shown = count < CAPTURE_FILES_MAX ? count : CAPTURE_FILES_MAX;
	list = json_array();
	for (unsigned i = 0; i < shown; i++)
		json_array_append_new(list, file_json(&files[i]));
	call->result =
		json_pack("{s:s, s:s, s:s?, s:I, s:o}", "name", call_param(call, "name"),
			  "directory", recorder_directory(recorder), "open",
			  *writes ? writes : NULL, "count", (json_int_t)count, "files", list);
	free(files);
}

/* The last file that was closed; NULL: there is none. */
static json_t *
last_file(struct recorder *recorder)
{
	struct store_file *file = calloc(1, sizeof(*file));
	json_t *path = NULL;

	if (file && recorder_files(recorder, file, 1) > 0 && file->whole)
		path = json_sprintf("%s/%s", recorder_directory(recorder), file->name);
	free(file);
	return path ? path : json_null();
}

/* What the call waits for, when it is made. */
static bool
begin_wait(struct call *call, const struct recorder *recorder, uint64_t closed)
{
	const json_t *after = json_object_get(call->params, "after");

	call->awaited = recorder;
	call->after = after ? (uint64_t)json_integer_value(after) : closed;
	if (!after || json_integer_value(after) >= 0)
		return true;
	rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "after"),
		 "after is a number of files, 0 or more");
	return false;
}

void
answer_capture_wait(struct method_daemon *daemon, struct call *call)
{
	struct recorder *recorder = find(daemon, call);
	uint64_t closed;

	if (!recorder)
		return;
	closed = recorder_closed(recorder);
	if (!call->awaited && !begin_wait(call, recorder, closed))
		return;
	if (call->awaited != recorder)
		rpc_fail(&call->error, RPC_REFUSED,
			 json_pack("{s:s}", "capture", call_param(call, "name")),
			 "capture %s began anew with a config that was applied",
			 call_param(call, "name"));
	else if (closed <= call->after)
		call->waits = true;
	else
		call->result = json_pack("{s:s, s:I, s:o}", "name", call_param(call, "name"),
					 "closed", (json_int_t)closed, "file", last_file(recorder));
}
