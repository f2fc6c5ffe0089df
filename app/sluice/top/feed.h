/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Feed: figures as often as they are wanted, from a daemon that may be slow, go away and come back.
 * Never waits for it. One thread.
 */
#ifndef TOP_FEED_H
#define TOP_FEED_H

#include "daemon.h"
#include "top/talkers.h"

struct feed {
	const struct options *options;
	struct daemon daemon;
	bool open, asked;
	struct talkers *talkers;     /* that are counted besides; NULL: none */
	double seconds, next, since; /* since: when it was asked, or went away */
	json_t *last;                /* the last snapshot; NULL: none of this connection */
	char why[256];               /* why there are no figures now; "": there are */
	bool news;                   /* why is another one */
};

/* EXIT_DONE, or that of why the daemon can't be reached, said on stderr. What say_failed is given
 * is kept from then on: it becomes why. */
int feed_begin(struct feed *feed, const struct options *options, double seconds);
void feed_end(struct feed *feed);

/* Says why there are no figures, and returns EXIT_UNREACHABLE. */
int feed_failed(const struct feed *feed);

/* Goes on at time now. The next figures, a new reference, or NULL: not yet. */
json_t *feed_step(struct feed *feed, double now);

/* The descriptor that an answer will come from; below 0: none is awaited. */
int feed_fd(const struct feed *feed);

#endif
