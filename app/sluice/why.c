/* SPDX-License-Identifier: BSD-3-Clause */
#include "why.h"

#include <string.h>

#include "line.h"

#include "core/banned.h"

int
why_open(struct why *why, const struct options *options)
{
	*why = (struct why){.options = options};
	why->ret = daemon_open(&why->daemon, options, true);
	return why->ret;
}

void
why_close(struct why *why)
{
	daemon_close(&why->daemon);
}

json_t *
why_params(const json_t *packet)
{
	if (!json_is_string(json_object_get(packet, "rule")))
		return NULL;
	return json_pack("{s:O, s:O}", "packet", json_object_get(packet, "bytes"), "port",
			 json_object_get(packet, "port"));
}

void
why_mark_cut(json_t *result, const json_t *packet)
{
	json_int_t length = json_integer_value(json_object_get(packet, "length"));
	size_t kept = json_string_length(json_object_get(packet, "bytes")) / 2;

	if ((json_int_t)kept < length)
		json_object_set_new(json_object_get(result, "packet"), "wire_length",
				    json_integer(length));
}

static void
show(const struct why *why, const json_t *packet, json_t *result)
{
	const struct view view = {.now = result, .out = stdout};
	json_t *whole;

	if (!why->options->json) {
		line_print(stdout, packet);
		if (result)
			view_explain(&view);
		printf("\n");
		return;
	}
	whole = json_copy((json_t *)packet);
	json_object_set(whole, "explain", result ? result : json_null());
	daemon_print_result(whole);
	json_decref(whole);
}

bool
why_show(struct why *why, const json_t *packet)
{
	json_t *params = why_params(packet), *answer = NULL, *result;
	int ret = EXIT_DONE;

	if (params)
		ret = daemon_call(&why->daemon, "explain", params, true, &answer);
	if (ret != EXIT_DONE) {
		why->ret = ret < 0 ? why->ret : ret;
		return false;
	}
	result = json_object_get(answer, "result");
	if (result)
		why_mark_cut(result, packet);
	show(why, packet, result);
	if (answer && !result)
		why->ret = daemon_refused(why->options, json_object_get(answer, "error"), NULL);
	else if (result && !json_is_true(json_object_get(result, "agrees")))
		why->ret = EXIT_FAILED;
	json_decref(answer);
	return true;
}
