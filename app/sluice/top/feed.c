/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/feed.h"

#include <poll.h>
#include <string.h>

#include "core/now.h"
#include "core/text.h"
#include "top/figures.h"
#include "view/value.h"

#include "core/banned.h"

/* An answer that has begun to come goes on; a daemon that does not move takes no connection. */
#define PATIENCE_SECONDS 2
#define SLOW_SECONDS 3
#define FIRST_SECONDS 0.2
#define FORBIDDEN (-32003) /* on stats.sock */

/* Whoever looks at a screen wants to know that nothing moves; a script, that asks once, what there
 * is: it waits as for any answer. */
static void
be_patient(struct feed *feed)
{
	if (!feed->options->once)
		feed->daemon.patience = PATIENCE_SECONDS;
	feed->slow = feed->options->once ? feed->daemon.patience : SLOW_SECONDS;
}

int
feed_begin(struct feed *feed, const struct options *options, double seconds)
{
	*feed = (struct feed){.options = options, .seconds = seconds, .next = now_seconds()};
	if (daemon_open(&feed->daemon, options, true) != EXIT_DONE)
		return EXIT_UNREACHABLE;
	feed->open = true;
	be_patient(feed);
	say_hold();
	return EXIT_DONE;
}

static void
let_go(struct feed *feed)
{
	if (feed->open)
		daemon_close(&feed->daemon);
	feed->open = feed->asked = false;
	for (unsigned i = 0; i < feed->guest_count; i++)
		feed->guests[i].forget(feed->guests[i].of);
	json_decref(feed->last);
	feed->last = NULL;
}

void
feed_invite(struct feed *feed, const struct feed_guest *guest)
{
	feed->guests[feed->guest_count++] = *guest;
}

void
feed_end(struct feed *feed)
{
	let_go(feed);
	say_release(false);
}

int
feed_failed(const struct feed *feed)
{
	say_release(false);
	return say_failed(EXIT_UNREACHABLE, "%s", feed->why);
}

void
feed_refusal(const json_t *error, char *why, size_t size)
{
	bool stats = json_integer_value(json_object_get(error, "code")) == FORBIDDEN;

	snprintf(why, size, "%s",
		 stats ? "only the daemon's owner may look at packets"
		       : value_text(error, "message"));
	text_clean(why);
}

static void
explain(struct feed *feed, const char *why)
{
	char before[sizeof(feed->why)];

	memcpy(before, feed->why, sizeof(before));
	snprintf(feed->why, sizeof(feed->why), "%s", why);
	text_clean(feed->why);
	feed->news |= strcmp(before, feed->why) != 0;
}

static void
lose(struct feed *feed, double now)
{
	let_go(feed);
	explain(feed, say_held());
	feed->next = now + feed->seconds;
}

static void
reach(struct feed *feed, double now)
{
	if (daemon_open(&feed->daemon, feed->options, true) != EXIT_DONE) {
		explain(feed, say_held());
		feed->next = now + feed->seconds;
		return;
	}
	feed->open = true;
	be_patient(feed);
}

/* params is taken over. */
static bool
ask(struct feed *feed, double now, const char *method, json_t *params)
{
	if (daemon_ask(&feed->daemon, method, params) != EXIT_DONE) {
		lose(feed, now);
		return false;
	}
	feed->asked = true;
	feed->since = now;
	return true;
}

static void
ask_for_figures(struct feed *feed, double now)
{
	if (!ask(feed, now, "snapshot", json_pack("{s:i}", "limit", FIGURES_RULES)))
		return;
	/* The first rates are soon there. */
	feed->next += feed->last || feed->seconds < FIRST_SECONDS ? feed->seconds : FIRST_SECONDS;
	/* The daemon was slower than asked for: no hurry to catch up. */
	if (feed->next < now)
		feed->next = now + feed->seconds;
}

static bool
has_answered(const struct feed *feed)
{
	struct pollfd wanted = {.fd = feed->daemon.fd, .events = POLLIN};

	return poll(&wanted, 1, 0) > 0;
}

/* False: nobody has anything to ask. */
static bool
ask_for_guests(struct feed *feed, double now)
{
	for (unsigned i = 0; i < feed->guest_count; i++) {
		json_t *params = NULL;
		const struct feed_guest *guest = &feed->guests[i];
		const char *method = guest->ask(guest->of, now >= feed->next, &params);

		if (method) {
			feed->asks = guest;
			ask(feed, now, method, params);
			return true;
		}
	}
	feed->asks = NULL;
	return false;
}

static json_t *
take_figures(struct feed *feed, json_t *answer)
{
	json_t *result, *figures = NULL;

	result = json_incref(json_object_get(answer, "result"));
	if (result) {
		figures = figures_make(result, feed->last);
		json_decref(feed->last);
		feed->last = result;
		explain(feed, "");
	} else {
		explain(feed, value_text(json_object_get(answer, "error"), "message"));
	}
	for (unsigned i = 0; figures && i < feed->guest_count; i++) {
		if (feed->guests[i].figures)
			feed->guests[i].figures(feed->guests[i].of, figures);
	}
	return figures;
}

static json_t *
take(struct feed *feed, double now)
{
	json_t *answer, *figures = NULL;
	int ret = daemon_take(&feed->daemon, false, &answer);

	feed->asked = false;
	if (ret != EXIT_DONE)
		lose(feed, now);
	else if (feed->asks)
		feed->asks->answer(feed->asks->of, answer);
	else
		figures = take_figures(feed, answer);
	json_decref(answer);
	return figures;
}

json_t *
feed_step(struct feed *feed, double now)
{
	if (!feed->open && now >= feed->next)
		reach(feed, now);
	if (!feed->open)
		return NULL;
	if (feed->asked && has_answered(feed))
		return take(feed, now);
	if (feed->asked && now > feed->since + feed->slow)
		explain(feed, "the daemon does not answer; is it stopped, or very busy?");
	if (!feed->asked && !ask_for_guests(feed, now) && now >= feed->next)
		ask_for_figures(feed, now);
	return NULL;
}

int
feed_fd(const struct feed *feed)
{
	return feed->open && feed->asked ? feed->daemon.fd : -1;
}
