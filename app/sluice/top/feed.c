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

int
feed_begin(struct feed *feed, const struct options *options, double seconds)
{
	*feed = (struct feed){.options = options, .seconds = seconds, .next = now_seconds()};
	if (daemon_open(&feed->daemon, options, true) != EXIT_DONE)
		return EXIT_UNREACHABLE;
	feed->open = true;
	feed->daemon.patience = PATIENCE_SECONDS;
	return EXIT_DONE;
}

static void
let_go(struct feed *feed)
{
	if (feed->open)
		daemon_close(&feed->daemon);
	feed->open = feed->asked = false;
	json_decref(feed->last);
	feed->last = NULL;
}

void
feed_end(struct feed *feed)
{
	let_go(feed);
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
	feed->daemon.patience = PATIENCE_SECONDS;
}

static void
ask(struct feed *feed, double now)
{
	if (daemon_ask(&feed->daemon, "snapshot", json_pack("{s:i}", "limit", FIGURES_RULES)) !=
	    EXIT_DONE) {
		lose(feed, now);
		return;
	}
	feed->asked = true;
	feed->since = now;
	feed->next += feed->seconds;
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

static json_t *
take(struct feed *feed, double now)
{
	json_t *answer, *result, *figures = NULL;
	int ret = daemon_take(&feed->daemon, false, &answer);

	feed->asked = false;
	if (ret != EXIT_DONE) {
		lose(feed, now);
		return NULL;
	}
	result = json_incref(json_object_get(answer, "result"));
	if (result) {
		figures = figures_make(result, feed->last);
		json_decref(feed->last);
		feed->last = result;
		explain(feed, "");
	} else {
		explain(feed, value_text(json_object_get(answer, "error"), "message"));
	}
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
	if (feed->asked && now > feed->since + SLOW_SECONDS)
		explain(feed, "the daemon does not answer; is it stopped, or very busy?");
	if (!feed->asked && now >= feed->next)
		ask(feed, now);
	return NULL;
}

int
feed_fd(const struct feed *feed)
{
	return feed->open && feed->asked ? feed->daemon.fd : -1;
}
