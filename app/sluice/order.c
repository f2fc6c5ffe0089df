/* SPDX-License-Identifier: BSD-3-Clause */
/* The orders to a replay or a port, by name, and following a replay until it has ended. */
#include <stdlib.h>
#include <string.h>

#include "follow.h"

#include "core/banned.h"

/* -32602 with the name of what was typed: it is no pace or no moment, in any state. */
#define CODE_INVALID_PARAMS (-32602)

static bool
is_misspelt(const struct command *command, const json_t *error)
{
	const char *field =
		json_string_value(json_object_get(json_object_get(error, "data"), "field"));

	return json_integer_value(json_object_get(error, "code")) == CODE_INVALID_PARAMS && field &&
	       strcmp(field, "name") != 0 && (command->param || command->starts);
}

/* NULL: said on stderr. */
static json_t *
params_of(const struct command *command, const struct options *options, char *const *arguments)
{
	json_t *params = json_pack("{s:s}", "name", arguments[0]);

	if (params && command->param &&
	    json_object_set_new(params, command->param, json_string(arguments[1])) < 0) {
		json_decref(params);
		params = NULL;
	}
	if (!params)
		say_failed(EXIT_USAGE, "the arguments are not UTF-8 text");
	if (params && terms_put(&options->terms, params) != EXIT_DONE) {
		json_decref(params);
		params = NULL;
	}
	return params;
}

/* The daemon did as it was told, and there was no packet to go on with. */
static bool
has_failed(const json_t *result)
{
	const char *state = json_string_value(json_object_get(result, "state"));

	return state && strcmp(state, "failed") == 0;
}

static void
print_done(const struct command *command, char *const *arguments, const json_t *result)
{
	const char *state = json_string_value(json_object_get(result, "state"));
	const char *at = json_string_value(json_object_get(result, "starts_at"));

	printf("%.*s %s: %s", (int)strcspn(command->words, " "), command->words, arguments[0],
	       state ? state : "");
	if (command->param)
		printf(", %s %s", command->param, arguments[1]);
	if (at)
		printf(", starts at %s", at);
	printf("\n");
	if (has_failed(result))
		fprintf(stderr, "sluice: replay %s failed; `sluice replay list` says why\n",
			arguments[0]);
}

int
run_order(const struct command *command, const struct options *options, char *const *arguments)
{
	json_t *params, *answer;
	const json_t *result, *error;
	struct daemon daemon;
	int ret;

	if (options->all)
		return run_all(command, options);
	params = params_of(command, options, arguments);
	if (!params)
		return EXIT_USAGE;
	ret = daemon_open(&daemon, options, false);
	if (ret != EXIT_DONE) {
		json_decref(params);
		return ret;
	}
	ret = daemon_call(&daemon, command->method, params, command->patient, &answer);
	result = json_object_get(answer, "result");
	error = json_object_get(answer, "error");
	if (ret == EXIT_DONE && !result) {
		ret = daemon_refused(options, error, NULL);
		if (is_misspelt(command, error))
			ret = EXIT_USAGE;
	} else if (ret == EXIT_DONE && options->follow) {
		ret = follow(&daemon, options, arguments[0]);
	} else if (ret == EXIT_DONE) {
		if (options->json)
			daemon_print_result(result);
		else
			print_done(command, arguments, result);
		ret = has_failed(result) ? EXIT_FAILED : EXIT_DONE;
	}
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}
