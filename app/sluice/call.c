/* SPDX-License-Identifier: BSD-3-Clause */
/* Any method by its name, and the end of the daemon. */
#include <string.h>

#include "daemon.h"

#include "core/banned.h"

int
run_call(const struct command *command, const struct options *options, char *const *arguments)
{
	const json_t *result;
	struct daemon daemon;
	json_t *params = NULL, *answer;
	json_error_t problem;
	int ret;

	if (arguments[1]) {
		params = json_loads(arguments[1], JSON_REJECT_DUPLICATES, &problem);
		if (!params)
			return say_failed(EXIT_USAGE, "the parameters are no JSON: column %d: %s",
					  problem.column, problem.text);
	}
	/* What only reads is given by stats.sock too; what is refused there is said there. */
	ret = daemon_open(&daemon, options, true);
	if (ret != EXIT_DONE) {
		json_decref(params);
		return ret;
	}
	ret = daemon_call(&daemon, arguments[0], params, command->patient, &answer);
	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && result)
		daemon_print_result(result);
	else if (ret == EXIT_DONE)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}

int
run_shutdown(const struct command *command, const struct options *options, char *const *arguments)
{
	const json_t *result;
	struct daemon daemon;
	json_t *answer;
	int ret = daemon_open(&daemon, options, false);

	if (ret != EXIT_DONE)
		return ret;
	ret = daemon_call(&daemon, command->method, NULL, false, &answer);
	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && result) {
		ret = daemon_wait_end(&daemon);
		if (options->json)
			daemon_print_result(result);
		else
			printf("sluiced has ended\n");
	} else if (ret == EXIT_DONE) {
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	}
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}
