/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rehearsal: what a worker takes when it is never done, found out while it has time. It leaves its
 * queues alone for a moment, until so many packets wait that the bursts behind are full, and notes
 * what those take that follow the first: caches, branches and the driver are then as they are under
 * all of the load, which no fit of smaller bursts knows of. A series of them is over when there are
 * enough, or in time. The control thread asks for a series; the worker alone holds one.
 */
#ifndef ENGINE_REHEARSAL_H
#define ENGINE_REHEARSAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Rounds with a full burst: the first find the caches cold, those behind are measured. */
#define REHEARSAL_FIRST 3
#define REHEARSAL_ROUNDS 5
/* Of a series, and from how many on it says something. */
#define REHEARSAL_SAMPLES 200
#define REHEARSAL_SAMPLES_MIN 50

/* In cycles of the TSC: how long queues are left alone, from one time to the next at the least, and
 * for how long it may be tried. */
struct rehearsal_terms {
	uint64_t hold, gap, most;
};

struct rehearsal {
	/* Control thread: the number of the series, and before it the terms and what ran then. */
	_Atomic uint32_t asked;
	struct rehearsal_terms terms;
	const void *program;

	/* Worker: of the series that it has not ended. */
	uint64_t next, until; /* it does not hold sooner, or later */
	uint64_t began;       /* the rounds that are measured */
	unsigned round;       /* from 1 on; 0: it does not rehearse at the moment */
	uint32_t packets;     /* of the rounds that are measured */

	/* And what is said of it once it has: cycles a packet. */
	uint32_t held, count;
	float samples[REHEARSAL_SAMPLES];
	uint64_t ended_tsc;
	_Atomic uint32_t ended; /* the series' number */
};

/* Begins a series; ends the one before, if it goes on. Control thread, while the worker runs; false
 * where one is going on. */
bool rehearsal_ask(struct rehearsal *rehearsal, const struct rehearsal_terms *terms,
		   const void *program);

/* Whether a series goes on. Any thread. */
static inline bool
rehearsal_goes_on(struct rehearsal *rehearsal)
{
	return atomic_load_explicit(&rehearsal->asked, memory_order_acquire) !=
	       atomic_load_explicit(&rehearsal->ended, memory_order_acquire);
}

/* Before a round, at now; idle: the one before found no packet. Waits if it is time for that, and
 * says until when. Worker, while a series goes on, as below. */
uint64_t rehearsal_hold(struct rehearsal *rehearsal, bool idle, uint64_t now);

/* After it: so many full bursts, and packets in all. */
void rehearsal_note(struct rehearsal *rehearsal, uint64_t full, unsigned packets);

/* The median of the last series: cycles a packet; 0: there is none under this program, or it found
 * too few full bursts. Control thread. */
double rehearsal_cycles(struct rehearsal *rehearsal, const void *program);

#endif
