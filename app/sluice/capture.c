/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture's files; and waiting until it has closed another. */
#include <stdio.h>

#include "daemon.h"
#include "view/view.h"

#include "core/banned.h"

int
run_capture_list(const struct command *command, const struct options *options,
		 char *const *arguments)
{
	struct daemon daemon;
	json_t *answer, *result;
	int ret = daemon_open(&daemon, options, false);

	if (ret != EXIT_DONE)
		return ret;
	ret = daemon_call(&daemon, command->method, json_pack("{s:s}", "name", arguments[0]), false,
			  &answer);
	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && !result)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	else if (ret == EXIT_DONE && options->json)
		daemon_print_result(result);
	else if (ret == EXIT_DONE)
		view_capture_files(&(struct view){.now = result, .out = stdout});
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}

int
run_capture_wait(const struct command *command, const struct options *options,
		 char *const *arguments)
{
	struct daemon daemon;
	const char *file;
	json_t *answer, *result;
	int ret = daemon_open(&daemon, options, true);

	if (ret != EXIT_DONE)
		return ret;
	ret = daemon_call(&daemon, command->method, json_pack("{s:s}", "name", arguments[0]),
			  command->patient, &answer);
	result = json_object_get(answer, "result");
	file = json_string_value(json_object_get(result, "file"));
	if (ret == EXIT_DONE && !result)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	else if (ret == EXIT_DONE && options->json)
		daemon_print_result(result);
	else if (ret == EXIT_DONE && file)
		puts(file);
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}
