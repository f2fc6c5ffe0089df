/* SPDX-License-Identifier: BSD-3-Clause */
#include "why.h"

#include <string.h>

#include "config.h"
#include "line.h"
#include "looking.h"
#include "tap.h"

#include "core/banned.h"

/* Of packets that are looked at. */
struct why {
	struct daemon daemon;
	const struct options *options;
	int ret; /* EXIT_DONE, or what the first failure means */
};

/* NULL: said on stderr. */
static json_t *
params_of(const struct options *options, const char *packet, const char *port)
{
	json_t *params = json_pack("{s:s}", "packet", packet), *down = json_array();

	for (unsigned i = 0; i < options->down_count; i++)
		json_array_append_new(down, json_string(options->down[i]));
	if (port)
		json_object_set_new(params, "port", json_string(port));
	if (options->near_given)
		json_object_set_new(params, "near", json_integer(options->near));
	if (options->cost)
		json_object_set_new(params, "cost", json_true());
	if (!params || json_array_size(down) != options->down_count ||
	    (port && !json_object_get(params, "port"))) {
		json_decref(params);
		json_decref(down);
		say_failed(EXIT_USAGE, "the arguments are not UTF-8 text");
		return NULL;
	}
	json_object_set_new(params, "down", down);
	return params;
}

int
why_ask(struct daemon *daemon, const struct options *options, const char *packet, const char *port,
	json_t **answer)
{
	json_t *params = params_of(options, packet, port);

	if (!params)
		return EXIT_USAGE;
	if (options->with)
		return config_give_more(daemon, "explain", options->with, params, answer);
	return daemon_call(daemon, "explain", params, true, answer);
}

bool
why_agrees(const json_t *result)
{
	const json_t *with = json_object_get(result, "with");

	return json_is_true(json_object_get(result, "agrees")) &&
	       (!with || json_is_true(json_object_get(with, "agrees")));
}

static int
open_daemon(struct why *why, const struct options *options)
{
	*why = (struct why){.options = options};
	why->ret = daemon_open(&why->daemon, options, true);
	return why->ret;
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
	/* What was asked for is outermost. */
	whole = why->options->live && result ? json_copy(result) : json_copy((json_t *)packet);
	if (why->options->live && result)
		json_object_set(whole, "live", (json_t *)packet);
	else
		json_object_set(whole, "explain", result ? result : json_null());
	daemon_print_result(whole);
	json_decref(whole);
}

static bool
show_why(void *to, const json_t *packet, uint64_t lost)
{
	struct why *why = to;
	json_t *answer = NULL, *result;
	int ret = EXIT_DONE;

	if (json_is_string(json_object_get(packet, "rule")))
		ret = why_ask(&why->daemon, why->options,
			      json_string_value(json_object_get(packet, "bytes")),
			      json_string_value(json_object_get(packet, "port")), &answer);
	if (ret != EXIT_DONE) {
		why->ret = ret < 0 ? why->ret : ret;
		return false;
	}
	result = json_object_get(answer, "result");
	if (result)
		why_mark_cut(result, packet);
	show(why, packet, result);
	if (answer && !result)
		why->ret = daemon_refused(why->options, json_object_get(answer, "error"),
					  why->options->with);
	else if (result && !why_agrees(result))
		why->ret = EXIT_FAILED;
	json_decref(answer);
	return tap_written(!ferror(stdout));
}

static bool
flush(void *to)
{
	return tap_written(fflush(stdout) == 0);
}

int
why_look(const struct looking *wanted, const struct options *options)
{
	struct looking looking = *wanted;
	struct why why;
	int ret = open_daemon(&why, options);

	if (ret != EXIT_DONE)
		return ret;
	looking.show = show_why;
	looking.flush = flush;
	looking.to = &why;
	ret = looking_run(&looking, options);
	daemon_close(&why.daemon);
	return ret == EXIT_DONE ? why.ret : ret;
}
