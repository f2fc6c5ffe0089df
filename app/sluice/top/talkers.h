/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Talkers: who sends most, from a sample of the packets that pass: a look of one in so many, at
 * random, counted here and not in the daemon. So whoever asks pays for it, a client that is killed
 * leaves nothing behind, and each may count by something else. One thread.
 */
#ifndef TOP_TALKERS_H
#define TOP_TALKERS_H

#include <jansson.h>
#include <stdbool.h>

#include "top/feed.h"
#include "top/heavy.h"

enum talkers_by {
	TALKERS_FLOW,
	TALKERS_SOURCE,
	TALKERS_DESTINATION,
	TALKERS_PORT,
	TALKERS_RULE,
	TALKERS_WAYS,
};

/* "flow", "source" and so on. */
extern const char *const talkers_words[TALKERS_WAYS];

struct talkers {
	struct heavy heavy;
	enum talkers_by by;
	bool fades;      /* what came some time ago counts less; else all counts alike */
	json_int_t look; /* 0: none */
	bool ends;       /* the look is to end, as another is to take its place */
	bool begins;     /* a look is to begin */
	bool idle;       /* all that there is has been read since the last figures */
	uint32_t one_in, wanted;
	uint64_t lost; /* packets that were chosen, and not kept */
	double pps;    /* of all workers */
	char why[160]; /* why nothing is known; "": it is */
};

/* Negative errno: no memory. */
int talkers_begin(struct talkers *talkers, enum talkers_by by, bool fades);
void talkers_end(struct talkers *talkers);

/* From now on by something else. */
void talkers_count_by(struct talkers *talkers, enum talkers_by by);

/* Asks for them, and adds them to figures. */
struct feed_guest talkers_guest(struct talkers *talkers);

/* The last packet of that name, "": of whoever sends most, as `look.read` gave it; valid until it
 * is asked again. NULL: there is none. */
const json_t *talkers_packet(const struct talkers *talkers, const char *name);

/* At most so many of them, as figures: a new reference. */
json_t *talkers_figures(const struct talkers *talkers, unsigned most);

#endif
