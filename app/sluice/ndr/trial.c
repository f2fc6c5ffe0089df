/* SPDX-License-Identifier: BSD-3-Clause */
#include "trial.h"

#include <stdio.h>
#include <string.h>

#include "core/units.h"
#include "watch.h"

#include "core/banned.h"

#define LOOK_SECONDS 0.05
/* So long a run may take beside its duration: opening files, and waiting for what is under way. */
#define PATIENCE_SECONDS 60.0
/* By so much of it less than asked a pace is not kept. */
#define PACE_ERROR 0.005
/* What is sent later than this comes in bunches, which a device may lose that keeps up with the
 * pace. Nanoseconds. */
#define LATE_MAX 1e6

/* The result of a method: *answer is the caller's to let go. */
static int
ask(struct daemon *daemon, const struct options *options, const char *method, json_t *params,
    json_t **answer, const json_t **result)
{
	int ret = daemon_call(daemon, method, params, false, answer);

	if (ret < 0)
		return say_failed(EXIT_FAILED, "interrupted");
	if (ret != EXIT_DONE)
		return ret;
	*result = json_object_get(*answer, "result");
	if (*result)
		return EXIT_DONE;
	ret = daemon_refused(options, json_object_get(*answer, "error"), NULL);
	json_decref(*answer);
	*answer = NULL;
	return ret;
}

static int
start(struct daemon *daemon, const struct options *options, const struct trial_terms *terms,
      double pace)
{
	json_t *answer = NULL;
	const json_t *result;
	char text[40];
	int ret;

	if (pace > 0)
		snprintf(text, sizeof(text), "%.0fpps", pace);
	else
		snprintf(text, sizeof(text), "top");
	ret = ask(daemon, options, "replay.start",
		  json_pack("{s:s, s:s, s:i, s:s}", "name", terms->replay, "pace", text, "loops", 0,
			    "duration", terms->duration),
		  &answer, &result);
	json_decref(answer);
	return ret;
}

static void
stop(struct daemon *daemon, const struct trial_terms *terms)
{
	json_t *answer = NULL;

	if (daemon_call(daemon, "replay.stop", json_pack("{s:s}", "name", terms->replay), false,
			&answer) == EXIT_DONE)
		json_decref(answer);
}

/* What a member of an answer says of a name, once it says so by a flag; *thing is the caller's. */
static int
await(struct daemon *daemon, const struct options *options, const char *method, const char *members,
      const char *name, const char *flag, double seconds, json_t **thing)
{
	for (unsigned looks = (unsigned)(seconds / LOOK_SECONDS); looks > 0; looks--) {
		json_t *answer = NULL, *found;
		const json_t *result;
		int ret = ask(daemon, options, method, NULL, &answer, &result);

		if (ret != EXIT_DONE)
			return ret;
		found = json_object_get(json_object_get(result, members), name);
		if (found && json_is_true(json_object_get(found, flag)))
			*thing = json_incref(found);
		json_decref(answer);
		if (!found)
			return say_failed(EXIT_FAILED, "the daemon has no %s in its %s", name,
					  members);
		if (*thing)
			return EXIT_DONE;
		watch_sleep(LOOK_SECONDS);
		if (watch_ended())
			return say_failed(EXIT_FAILED, "interrupted");
	}
	return say_failed(EXIT_FAILED, "%s is not %s after %.0f s", name, flag, seconds);
}

static double
number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

/* What all ports together missed, as nobody took it from them in time. */
static int
count_missed(struct daemon *daemon, const struct options *options, double *missed)
{
	json_t *answer = NULL, *port = NULL;
	const json_t *result = NULL;
	const char *name;
	int ret = ask(daemon, options, "ports", NULL, &answer, &result);

	*missed = 0;
	if (ret != EXIT_DONE)
		return ret;
	json_object_foreach (json_object_get(result, "ports"), name, port)
		*missed += number(port, "missed") + number(port, "rx_nombuf");
	json_decref(answer);
	return ret;
}

/* Why a trial says nothing of the device; NULL: it does. A replay's own verdict is no help, as it
 * fails with its return. */
static const char *
invalid(const struct trial *trial, const json_t *replay, const json_t *back)
{
	const json_t *verdict = json_object_get(replay, "verdict");
	const char *error = "p99";

	if (number(replay, "sent") == 0)
		return "nothing was sent";
	if (number(replay, "refused") > 0)
		return "the port refused packets";
	if (number(replay, "dropped") > 0)
		return "packets were dropped as they were late";
	if (trial->achieved < trial->asked * (1 - PACE_ERROR))
		return "the pace was not kept";
	if (json_is_integer(json_object_get(verdict, "tolerance_ns")) &&
	    number(json_object_get(verdict, "error_ns"), error) > number(verdict, "tolerance_ns"))
		return "the pace was not kept within the replay's tolerance";
	if (trial->missed > 0)
		return "a port missed packets, as its worker was late";
	if (number(back, "missed") > 0 || number(back, "crowded") > 0)
		return "not all that came back could be looked at";
	return NULL;
}

static void
judge(struct trial *trial, const struct trial_terms *terms, const json_t *replay, json_t *back)
{
	const json_t *verdict = json_object_get(replay, "verdict");
	double late = number(json_object_get(verdict, "error_ns"), "max");
	const char *why;
	char text[128];

	trial->achieved = number(json_object_get(verdict, "achieved"), "pps");
	why = invalid(trial, replay, back);
	trial->told = json_copy(back);
	trial->holds = tolerance_judge(&terms->tolerance, trial->told) && !why;
	/* A machine that was away makes nothing hold that does not. */
	if (!why && !trial->holds && late > LATE_MAX) {
		snprintf(text, sizeof(text),
			 "the replay was up to %s late, and then sent more at once",
			 units_ns((uint64_t)late).text);
		why = text;
	}
	trial->valid = !why;
	if (why) {
		json_object_set_new(trial->told, "verdict", json_string("invalid"));
		json_object_set_new(trial->told, "why", json_pack("[s]", why));
	}
	json_object_set_new(trial->told, "error_max_ns", json_integer((json_int_t)late));
	json_object_set_new(trial->told, "pace_pps",
			    json_real(trial->asked > 0 ? trial->asked : trial->achieved));
	json_object_set_new(trial->told, "achieved_pps", json_real(trial->achieved));
}

int
trial_run(struct daemon *daemon, const struct options *options, const struct trial_terms *terms,
	  double pace, struct trial *trial)
{
	double seconds = terms->duration_s + PATIENCE_SECONDS, before, after = 0;
	json_t *replay = NULL, *back = NULL;
	int ret = count_missed(daemon, options, &before);

	*trial = (struct trial){.asked = pace};
	if (ret == EXIT_DONE)
		ret = start(daemon, options, terms, pace);
	if (ret != EXIT_DONE)
		return ret;
	ret = await(daemon, options, "replay.list", "replays", terms->replay, "ended", seconds,
		    &replay);
	if (ret == EXIT_DONE)
		ret = await(daemon, options, "returns", "returns", terms->back, "settled", seconds,
			    &back);
	else
		stop(daemon, terms);
	if (ret == EXIT_DONE)
		ret = count_missed(daemon, options, &after);
	if (ret == EXIT_DONE) {
		trial->missed = after - before;
		judge(trial, terms, replay, back);
	}
	json_decref(replay);
	json_decref(back);
	return ret;
}
