/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Progress: how far one replay is, look for look: one line that is written anew on a terminal, a
 * line now and then elsewhere. On stdout. One thread.
 */
#ifndef VIEW_PROGRESS_H
#define VIEW_PROGRESS_H

#include <jansson.h>
#include <stdbool.h>

/* Seconds between two looks: each asks every worker for its numbers, so seldom enough not to be
 * felt. */
#define PROGRESS_SECONDS 0.2

struct progress {
	const char *name; /* the replay's */
	bool quiet;       /* nothing is shown */
	/* The rest is progress_look's, zero at first. */
	bool shown; /* there is a line */
	double shown_at;
	json_t *last; /* the last result */
	double at;    /* its time */
	/* Since the replay began or jumped: time that it ran, and its progress then. */
	double elapsed, share;
};

/* Shows a result of `replay.list`, which it holds. False: the result has no replay of that name,
 * and is as if it had not come. */
bool progress_look(struct progress *progress, json_t *result);

/* The replay as it was last seen; NULL before. */
const json_t *progress_replay(const struct progress *progress);

/* Whether nothing more will come of it, and whether it did not go as it was to. */
bool progress_ended(const struct progress *progress);
bool progress_failed(const struct progress *progress);

void progress_clear(struct progress *progress);

#endif
