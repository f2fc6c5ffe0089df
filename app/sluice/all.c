/* SPDX-License-Identifier: BSD-3-Clause */
/* An order to every replay that it can be meant for. */
#include <string.h>

#include "daemon.h"
#include "view/value.h"

#include "core/banned.h"

#define CODE_REFUSED (-32001)

static bool
is_active(const json_t *replay)
{
	const char *state = value_text(replay, "state");

	return strcmp(state, "opening") == 0 || strcmp(state, "waiting") == 0 ||
	       strcmp(state, "running") == 0 || strcmp(state, "paused") == 0;
}

/* A replay that ended by itself since it was looked at is what was wished for. */
static bool
ended_meanwhile(const struct command *command, const json_t *error)
{
	return strcmp(command->method, "replay.stop") == 0 &&
	       json_integer_value(json_object_get(error, "code")) == CODE_REFUSED;
}

/* One order. What was answered is added to all; its state is shown at once. */
static int
order(struct daemon *daemon, const struct command *command, const struct options *options,
      const char *name, const json_t *terms, json_t *all)
{
	json_t *params = json_copy((json_t *)terms), *answer;
	const json_t *result, *error;
	int ret;

	json_object_set_new(params, "name", json_string(name));
	ret = daemon_call(daemon, command->method, params, false, &answer);
	if (ret != EXIT_DONE)
		return ret;
	result = json_object_get(answer, "result");
	error = json_object_get(answer, "error");
	if (!result && ended_meanwhile(command, error)) {
		json_decref(answer);
		return EXIT_DONE;
	}
	if (options->json)
		json_object_set(all, name, (json_t *)(result ? result : error));
	else if (result)
		printf("replay %s: %s\n", name, value_text(result, "state"));
	else
		fprintf(stderr, "sluice: %s\n", value_text(error, "message"));
	if (!result || strcmp(value_text(result, "state"), "failed") == 0)
		ret = EXIT_FAILED;
	json_decref(answer);
	return ret;
}

static int
order_all(struct daemon *daemon, const struct command *command, const struct options *options,
	  const json_t *replays, const json_t *terms, json_t *all)
{
	bool starts = strcmp(command->method, "replay.start") == 0;
	int ret = EXIT_DONE;
	unsigned count = 0;
	const char *name;
	json_t *replay;

	json_object_foreach ((json_t *)replays, name, replay) {
		int one;

		if (is_active(replay) == starts)
			continue;
		count++;
		one = order(daemon, command, options, name, terms, all);
		if (one == EXIT_UNREACHABLE)
			return one;
		if (one != EXIT_DONE)
			ret = one;
	}
	if (count == 0 && !options->json)
		printf("%s\n", starts ? "every replay runs already" : "no replay runs");
	return ret;
}

int
run_all(const struct command *command, const struct options *options)
{
	json_t *answer, *terms = json_object(), *all = json_object();
	const json_t *replays;
	struct daemon daemon;
	/* Once for all of them: "+5s" is one time, and they are to start together. */
	int ret = terms_put(&options->terms, terms);

	if (ret == EXIT_DONE)
		ret = daemon_open(&daemon, options, false);
	if (ret != EXIT_DONE) {
		json_decref(terms);
		json_decref(all);
		return ret;
	}
	ret = daemon_call(&daemon, "replay.list", NULL, false, &answer);
	replays = json_object_get(json_object_get(answer, "result"), "replays");
	if (ret == EXIT_DONE && !replays)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	else if (ret == EXIT_DONE && json_object_size(replays) == 0)
		ret = say_failed(EXIT_FAILED, "the config has no replays");
	else if (ret == EXIT_DONE)
		ret = order_all(&daemon, command, options, replays, terms, all);
	if (options->json && replays && json_object_size(replays) > 0)
		daemon_print_result(all);
	json_decref(terms);
	json_decref(all);
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}
