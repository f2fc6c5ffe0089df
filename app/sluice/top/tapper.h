/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tapper: packets that pass, as lines, while somebody looks at them: a look of its own, which ends
 * with that. Of many packets it shows some and counts the others; no packet waits for it. One
 * thread.
 */
#ifndef TOP_TAPPER_H
#define TOP_TAPPER_H

#include "top/aim.h"
#include "top/feed.h"

#define TAPPER_LINES 500 /* the last ones are kept */

struct tapper {
	struct aim aim;     /* terms NULL: nothing is wanted */
	json_int_t look;    /* 0: none */
	const char *method; /* whose answer is awaited; NULL: none is */
	bool stale;         /* the look that there is, or begins, is of another aim */
	double next;        /* when it is read again, or begins again */
	bool paused;        /* what comes is counted and not shown */
	/* Packets. left_out: of the look that goes on; past: of those before it. */
	uint64_t shown, left_out, past;
	char *lines[TAPPER_LINES]; /* a ring, owned */
	unsigned first, count;
	bool news;     /* the text is another one */
	char why[256]; /* why there is none; "": there is */
};

void tapper_end(struct tapper *tapper);

/* From now on what aim says, whose terms are taken over; what there was is forgotten. NULL: nothing
 * any more, and a look that goes on is ended. */
void tapper_want(struct tapper *tapper, const struct aim *aim);

/* Whether somebody looks. */
bool tapper_is_on(const struct tapper *tapper);

/* All that it has to show, the caller's; NULL: no memory. */
char *tapper_text(struct tapper *tapper);

struct feed_guest tapper_guest(struct tapper *tapper);

#endif
