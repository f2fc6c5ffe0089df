/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for the daemon: until it answers, or until it is in a state. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/now.h"
#include "core/text.h"
#include "core/units.h"
#include "daemon.h"

#include "core/banned.h"

#define TIMEOUT 30.0 /* seconds, when no other is given */
#define PAUSE_NS 50000000

/* What one look came to. */
struct finding {
	char state[32]; /* "" when nobody answers */
	bool hopeless;  /* waiting does not help */
};

static int
check_state(const char *state)
{
	static const char *const states[] = {"running", "draining", "stopped"};
	size_t count = sizeof(states) / sizeof(states[0]);
	const char *nearest = text_nearest(state, states, count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(state, states[i]) == 0)
			return EXIT_DONE;
	}
	return say_failed(EXIT_USAGE, "a state is running, draining or stopped, not %s%s%s%s",
			  text_quote(state).text, nearest ? "; did you mean `" : "",
			  nearest ? nearest : "", nearest ? "`?" : "");
}

/* Looks once. Returns EXIT_DONE when somebody answered, or why not. */
static int
look(const struct options *options, double seconds, struct finding *finding)
{
	struct daemon daemon;
	json_t *answer = NULL;
	const char *state;
	int ret = daemon_open(&daemon, options, true);

	*finding = (struct finding){""};
	if (ret != EXIT_DONE) {
		finding->hopeless = daemon.err != -ENOENT && daemon.err != -ECONNREFUSED &&
				    daemon.err != -EAGAIN;
		return ret;
	}
	daemon.patience = seconds;
	ret = daemon_call(&daemon, "status", NULL, false, &answer);
	finding->hopeless = ret == EXIT_FAILED;
	state = json_string_value(json_object_get(json_object_get(answer, "result"), "state"));
	if (ret == EXIT_DONE && !state)
		ret = say_failed(EXIT_FAILED, "the daemon refuses to say in which state it is");
	else if (ret == EXIT_DONE)
		snprintf(finding->state, sizeof(finding->state), "%s", state);
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}

static bool
is_wanted(const struct finding *finding, const char *wanted)
{
	if (!wanted)
		return *finding->state != '\0';
	if (!*finding->state && !finding->hopeless)
		return strcmp(wanted, "stopped") == 0;
	return strcmp(wanted, finding->state) == 0;
}

static int
finish(const struct options *options, const char *state)
{
	json_t *result;

	say_release(false);
	if (options->json) {
		result = json_pack("{s:s}", "state", state);
		daemon_print_result(result);
		json_decref(result);
	} else {
		printf("sluiced: %s\n", state);
	}
	return EXIT_DONE;
}

int
run_wait(const struct command *command, const struct options *options, char *const *arguments)
{
	double timeout = options->timeout > 0 ? options->timeout : TIMEOUT;
	double end = now_seconds() + timeout;
	const char *wanted = arguments[0];
	struct finding finding;
	int ret = wanted ? check_state(wanted) : EXIT_DONE;

	if (ret != EXIT_DONE)
		return ret;
	say_hold();
	for (;;) {
		double left = end - now_seconds();

		ret = look(options, left > 0.1 ? left : 0.1, &finding);
		if (is_wanted(&finding, wanted))
			return finish(options, *finding.state ? finding.state : "stopped");
		left = end - now_seconds();
		if (finding.hopeless || left <= 0)
			break;
		nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
	}
	say_release(ret != EXIT_DONE);
	if (ret == EXIT_DONE)
		ret = say_failed(EXIT_FAILED, "after %s sluiced is %s, not %s",
				 units_duration(timeout).text, finding.state, wanted);
	return ret;
}
