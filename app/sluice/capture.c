/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture's files; and waiting until it has closed another. */
#include <string.h>
#include <time.h>

#include "daemon.h"
#include "say.h"
#include "view/view.h"

#include "core/banned.h"

#define LOOK_NS 100000000

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

/* How many files a capture has closed; -1, and *ret: it can't be told. */
static json_int_t
closed(struct daemon *daemon, const struct options *options, const char *name, int *ret)
{
	const json_t *capture;
	json_int_t number = -1;
	json_t *answer;

	*ret = daemon_call(daemon, "captures", NULL, false, &answer);
	capture = json_object_get(json_object_get(json_object_get(answer, "result"), "captures"),
				  name);
	if (*ret == EXIT_DONE && !json_object_get(answer, "result"))
		*ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	else if (*ret == EXIT_DONE && !capture)
		*ret = say_failed(EXIT_FAILED,
				  "there is no capture of that name; `sluice captures` "
				  "lists them");
	else if (*ret == EXIT_DONE)
		number = json_integer_value(json_object_get(capture, "closed"));
	json_decref(answer);
	return number;
}

int
run_capture_wait(const struct command *command, const struct options *options,
		 char *const *arguments)
{
	struct daemon daemon;
	json_int_t before, now;
	int ret = daemon_open(&daemon, options, false);

	if (ret != EXIT_DONE)
		return ret;
	now = before = closed(&daemon, options, arguments[0], &ret);
	while (ret == EXIT_DONE && now <= before) {
		nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
		now = closed(&daemon, options, arguments[0], &ret);
	}
	daemon_close(&daemon);
	return ret;
}
