/* SPDX-License-Identifier: BSD-3-Clause */
/* A call of a method, see method.h. */
#include <stdlib.h>
#include <string.h>

#include "control/method.h"
#include "core/log.h"
#include "core/reaper.h"
#include "look/look.h"

#include "core/banned.h"

bool
method_is_raw(const struct call *call)
{
	return call->snapshot || call->config;
}

void
call_log_refusal(const struct call *call)
{
	json_t *finding;
	size_t i;

	log_error("%s: %s; the running config stays", call->method->name, call->error.message);
	json_array_foreach (json_object_get(call->error.data, "errors"), i, finding) {
		const char *file = json_string_value(json_object_get(finding, "file"));

		log_error("%s:%d:%d: %s", file ? file : "config",
			  (int)json_integer_value(json_object_get(finding, "line")),
			  (int)json_integer_value(json_object_get(finding, "column")),
			  json_string_value(json_object_get(finding, "message")));
	}
}

void
call_clear(struct call *call)
{
	free(call->id);
	json_decref(call->params);
	json_decref(call->result);
	json_decref(call->error.data);
	if (call->changes)
		reaper_take(free, call->changes);
	json_decref(call->more);
	caller_clear(&call->caller);
	edition_free(call->edition);
	engine_discard(call->change);
	look_free(call->look);
	snapshot_free(call->snapshot);
	config_free(call->config);
	free(call->indices);
	free(call->tail);
	memset(call, 0, sizeof(*call));
}
