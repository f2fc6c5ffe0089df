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
	bool asked;      /* its answer is awaited */
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

/* The daemon has been left: there is no look. */
void talkers_forget(struct talkers *talkers);

/* Figures that are new: seconds have passed. */
void talkers_tick(struct talkers *talkers, const json_t *figures);

/* What is to be asked next; NULL: nothing for now. due: figures are to be asked for as soon as
 * nothing is. params: a new reference. */
const char *talkers_ask(struct talkers *talkers, bool due, json_t **params);

/* The answer to that. */
void talkers_answer(struct talkers *talkers, const json_t *answer);

/* At most so many of them, as figures: a new reference. */
json_t *talkers_figures(const struct talkers *talkers, unsigned most);

#endif
