/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Feed: figures as often as they are wanted, from a daemon that may be slow, go away and come back.
 * Never waits for it. One thread.
 */
#ifndef TOP_FEED_H
#define TOP_FEED_H

#include "daemon.h"

/* Who has something to ask besides on the same connection, a question at a time. */
struct feed_guest {
	/* The method that is to be asked next; NULL: nothing for now. due: figures are to be asked
	 * for as soon as nobody asks. params: a new reference. */
	const char *(*ask)(void *of, bool due, json_t **params);
	void (*answer)(void *of, const json_t *answer);
	void (*forget)(void *of); /* the daemon has been left, and what it knew of him */
	/* Figures that are new, to which it may add; NULL: they are none of his business. */
	void (*figures)(void *of, json_t *figures);
	void *of;
};

#define FEED_GUESTS_MAX 3

struct feed {
	const struct options *options;
	struct daemon daemon;
	bool open, asked;
	struct feed_guest guests[FEED_GUESTS_MAX];
	unsigned guest_count;
	const struct feed_guest *asks; /* who has asked; NULL: figures were asked for */
	double seconds, next, since;   /* since: when it was asked, or went away */
	double slow;                   /* seconds from which on it is told that nothing came */
	json_t *last;                  /* the last snapshot; NULL: none of this connection */
	char why[256];                 /* why there are no figures now; "": there are */
	bool news;                     /* why is another one */
};

/* EXIT_DONE, or that of why the daemon can't be reached, said on stderr. What say_failed is given
 * is kept from then on: it becomes why. */
int feed_begin(struct feed *feed, const struct options *options, double seconds);
void feed_end(struct feed *feed);

/* The earlier one is invited the earlier he is asked. of and all that it has must outlive it. */
void feed_invite(struct feed *feed, const struct feed_guest *guest);

/* Says why there are no figures, and returns EXIT_UNREACHABLE. */
int feed_failed(const struct feed *feed);

/* Why a guest was refused, as text for one line. */
void feed_refusal(const json_t *error, char *why, size_t size);

/* Goes on at time now. The next figures, a new reference, or NULL: not yet. */
json_t *feed_step(struct feed *feed, double now);

/* The descriptor that an answer will come from; below 0: none is awaited. */
int feed_fd(const struct feed *feed);

#endif
