/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Search: the highest pace at which something holds, by bisection with trials that are repeated.
 * Pure: whoever has it makes the trials.
 *
 * The first pace is the highest. Each pace is decided by two trials that agree, so by three at
 * most. Then comes the pace in the middle between the highest that held (at first 0) and the lowest
 * that did not, until these are no further apart than SEARCH_WIDTH of the lowest that did not.
 */
#ifndef SLUICE_NDR_SEARCH_H
#define SLUICE_NDR_SEARCH_H

#include <stdbool.h>

#define SEARCH_WIDTH 0.005
/* Below this share of the highest nothing is sought. */
#define SEARCH_LEAST 0.001
/* Trials of a pace that say nothing before it counts as one that does not hold. */
#define SEARCH_INVALID_MAX 5

enum search_said { SEARCH_HOLDS, SEARCH_FAILS, SEARCH_INVALID };

struct search {
	double pace;       /* of the next trial, packets a second */
	double held, lost; /* the highest that held, the lowest that did not */
	double top;
	bool unsure;                    /* of lost no two trials said that it does not hold */
	unsigned holds, fails, invalid; /* trials of this pace */
	bool done;
};

/* top: the highest pace, above 0. */
void search_begin(struct search *search, double top);

/* What a trial at search->pace said. */
void search_note(struct search *search, enum search_said said);

#endif
