/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headroom: what a worker could take, from what its bursts cost. A burst of n packets takes about
 * a + b * n cycles: a for the poll and what is done once a burst, b for each packet. So a worker
 * that is never done, with only full bursts, takes hz * BURST_MAX / (a + b * BURST_MAX) packets a
 * second. Both are fitted to the mean cost of bursts of several sizes, by least squares. Without
 * state; any thread.
 */
#ifndef ENGINE_HEADROOM_H
#define ENGINE_HEADROOM_H

#include <stdint.h>

#include "stage/tally.h"

/* Bursts of a step from which on its mean cost counts. */
#define HEADROOM_BURSTS_MIN 100

enum headroom_ground {
	HEADROOM_UNKNOWN, /* too few bursts: nothing else is valid */
	/* Bursts of about one size: what is done once a burst can't be told from what is done for
	 * each packet, so all of it is taken to be the packets': at least so much. */
	HEADROOM_AT_LEAST,
	HEADROOM_FITTED, /* of several sizes, few of them full: beyond what was seen */
	HEADROOM_SEEN,   /* a quarter of the packets came in full bursts: their cost */
};

struct headroom {
	enum headroom_ground ground;
	double per_burst, per_packet; /* cycles */
	double lost;                  /* the share of its time in which it was interrupted */
	uint64_t pps;                 /* the most that it could take, in what is left */
};

/* From what was counted, with a TSC of hz. */
struct headroom headroom_fit(const struct tally_cost steps[TALLY_COSTS], uint64_t hz);

/* The burst model: how many nanoseconds after packets came all at once the n-th of them is handed
 * over, n from 1 on. Those before it leave in full bursts; one leaves with the end of its burst,
 * which is full as well but for the last of all. */
uint64_t headroom_delay_ns(const struct headroom *headroom, uint64_t n, uint64_t packets,
			   uint64_t hz);

#endif
