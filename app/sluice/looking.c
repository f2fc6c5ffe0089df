/* SPDX-License-Identifier: BSD-3-Clause */
#include "looking.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/now.h"
#include "core/text.h"
#include "daemon.h"
#include "watch.h"

#include "core/banned.h"

#define SNAP_MAX 65535
#define RATE_MAX 10000000
#define READ_SECONDS 0.1
#define SECONDS_MAX 1e6

/* One that goes on. */
struct session {
	struct daemon daemon;
	json_int_t look;
	double until;
	uint64_t shown, lost; /* packets; lost: that are told of already */
	bool more;            /* the daemon has further ones */
};

bool
looking_given(const struct looking_options *options)
{
	return options->rule || options->dropped || options->count || options->snap ||
	       options->rate || options->seconds || options->in || options->out || options->paths ||
	       options->why;
}

static int
take_number(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
	if (text_number(text, most, number) == 0 && *number >= least)
		return EXIT_DONE;
	return say_failed(EXIT_USAGE, "%s takes a number from %llu to %llu, not %s", name,
			  (unsigned long long)least, (unsigned long long)most,
			  text_quote(text).text);
}

int
looking_take(struct looking *looking, const struct looking_options *options)
{
	uint64_t count = looking->count, snap = looking->snap, rate = looking->rate;
	int ret = EXIT_DONE;

	if (options->count)
		ret = take_number("-n", options->count, 0, INT64_MAX, &count);
	if (ret == EXIT_DONE && options->snap)
		ret = take_number("--snap", options->snap, 1, SNAP_MAX, &snap);
	if (ret == EXIT_DONE && options->rate)
		ret = take_number("--rate", options->rate, 0, RATE_MAX, &rate);
	looking->count = count;
	looking->snap = (uint32_t)snap;
	looking->rate = (uint32_t)rate;
	if (options->dropped)
		looking->drops = options->drops ? options->drops : "";
	return ret;
}

/* NULL: something is no text. */
static json_t *
list_of(const char *word)
{
	return *word ? json_pack("[s]", word) : json_array();
}

static json_t *
params_of(const struct looking *looking, const struct options *options)
{
	json_t *params = json_pack("{s:I, s:I, s:s*, s:s*}", "snap", (json_int_t)looking->snap,
				   "rate", (json_int_t)looking->rate, "filter", looking->filter,
				   "rule", options->looking.rule);
	int ret = params ? 0 : -1;

	if (ret == 0 && looking->in)
		ret = json_object_set_new(params, "in", list_of(looking->in));
	if (ret == 0 && looking->out)
		ret = json_object_set_new(params, "out", list_of(looking->out));
	if (ret == 0 && looking->drops)
		ret = json_object_set_new(params, "drops", list_of(looking->drops));
	if (ret == 0)
		return params;
	json_decref(params);
	say_failed(EXIT_USAGE, "the arguments are not UTF-8 text");
	return NULL;
}

/* Calls a method of the look. -1: a signal came; otherwise an exit code, and on EXIT_DONE the
 * result, a new reference. */
static int
ask(struct session *session, const struct options *options, const char *method, json_t *params,
    json_t **result)
{
	json_t *answer;
	int ret = daemon_call(&session->daemon, method, params, true, &answer);

	*result = NULL;
	if (ret != EXIT_DONE)
		return ret;
	*result = json_incref(json_object_get(answer, "result"));
	if (!*result)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	json_decref(answer);
	return ret;
}

static uint64_t
count_of(const json_t *counts, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(counts, name));
}

static uint64_t
lost_of(const json_t *counts)
{
	return count_of(counts, "full") + count_of(counts, "over_rate") +
	       count_of(counts, "not_looked_at");
}

/* False: there are enough, or no more can be shown. */
static bool
show(struct session *session, const struct looking *looking, const json_t *result)
{
	uint64_t lost = lost_of(json_object_get(result, "counts"));
	json_t *packet;
	size_t i;

	json_array_foreach (json_object_get(result, "packets"), i, packet) {
		if (!looking->show(looking->to, packet, lost - session->lost))
			return false;
		session->lost = lost;
		session->shown++;
		if (session->shown == looking->count)
			return false;
	}
	session->more = json_is_true(json_object_get(result, "more"));
	return true;
}

/* -1: go on. */
static int
look(struct session *session, const struct looking *looking, const struct options *options)
{
	json_t *result;
	int ret = ask(session, options, "look.read", json_pack("{s:I}", "look", session->look),
		      &result);
	bool goes_on;

	if (ret != EXIT_DONE)
		return ret;
	goes_on = show(session, looking, result);
	json_decref(result);
	if (!looking->flush(looking->to))
		goes_on = false;
	return goes_on ? -1 : EXIT_DONE;
}

static void
conclude(const struct session *session, const json_t *counts)
{
	uint64_t full = count_of(counts, "full"), over = count_of(counts, "over_rate");
	uint64_t unseen = count_of(counts, "not_looked_at");

	fprintf(stderr, "%llu shown", (unsigned long long)session->shown);
	if (full)
		fprintf(stderr, ", %llu not kept: they came faster than they were read",
			(unsigned long long)full);
	if (over)
		fprintf(stderr, ", %llu over the rate", (unsigned long long)over);
	if (unseen)
		fprintf(stderr, ", %llu not looked at: that takes 2 %% of a worker at most",
			(unsigned long long)unseen);
	fprintf(stderr, "\n");
}

int
looking_seconds(const char *name, const char *text, double *until)
{
	double seconds = INFINITY;
	char *end;

	if (text) {
		seconds = strtod(text, &end);
		if (end != text && strcmp(end, "s") == 0)
			end++;
		if (end == text || *end || !(seconds > 0 && seconds <= SECONDS_MAX))
			return say_failed(EXIT_USAGE, "%s takes seconds, like 60 or 0.5s, not %s",
					  name, text_quote(text).text);
	}
	*until = now_seconds() + seconds;
	return EXIT_DONE;
}

/* Whoever read the pipe that stdout is has gone, which a write would say: but there may be nothing
 * to write for long. */
static bool
is_unread(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

static int
follow(struct session *session, const struct looking *looking, const struct options *options)
{
	json_t *result, *counts;
	int ret;

	watch_begin();
	do {
		ret = look(session, looking, options);
		if (ret < 0 && !session->more && !watch_ended())
			watch_sleep(READ_SECONDS);
	} while (ret < 0 && !watch_ended() && !is_unread() && now_seconds() < session->until);
	if (ret > EXIT_DONE)
		return ret;
	/* What came in the last moments; it is a wish to end that came, not a failure. */
	if (ret < 0)
		look(session, looking, options);
	ret = ask(session, options, "look.end", json_pack("{s:I}", "look", session->look), &result);
	counts = json_object_get(result, "counts");
	if (ret == EXIT_DONE && looking->conclude)
		looking->conclude(looking->to, session->shown, counts);
	else if (ret == EXIT_DONE && !looking->quiet)
		conclude(session, counts);
	json_decref(result);
	return ret < 0 ? EXIT_DONE : ret;
}

/* Opens the daemon and begins. On EXIT_DONE the daemon is to be closed, otherwise it is. */
static int
begin(struct session *session, const struct looking *looking, const struct options *options)
{
	json_t *params = params_of(looking, options), *result;
	int ret = params ? daemon_open(&session->daemon, options, false) : EXIT_USAGE;

	if (ret != EXIT_DONE) {
		json_decref(params);
		return ret;
	}
	ret = ask(session, options, "look.begin", params, &result);
	session->look = json_integer_value(json_object_get(result, "look"));
	json_decref(result);
	if (ret != EXIT_DONE)
		daemon_close(&session->daemon);
	return ret;
}

int
looking_run(const struct looking *looking, const struct options *options)
{
	struct session session = {.shown = 0};
	int ret = looking_seconds("--for", options->looking.seconds, &session.until);

	if (ret == EXIT_DONE)
		ret = begin(&session, looking, options);
	if (ret == EXIT_DONE) {
		ret = follow(&session, looking, options);
		daemon_close(&session.daemon);
	}
	return ret < 0 ? EXIT_DONE : ret;
}

int
looking_check(const struct looking *looking, const struct options *options)
{
	struct session session = {.shown = 0};
	json_t *result;
	int ret = begin(&session, looking, options);

	if (ret != EXIT_DONE)
		return ret;
	ret = ask(&session, options, "look.end", json_pack("{s:I}", "look", session.look), &result);
	json_decref(result);
	daemon_close(&session.daemon);
	return ret;
}
