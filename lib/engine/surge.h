/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Surge: what operators call a microburst (a burst, here, is what one poll brings). For a
 * millisecond or a few so many packets come, or wait, that receive rings fill. A worker notes those
 * of a port in windows of a millisecond, in memory that it alone writes. Times are TSC.
 *
 * A window belongs to one if
 * - a quarter of the receive ring came in it or more, and four times the mean of the last quarter
 *   of a second or more; or
 * - a look at the ring found a quarter of it or more waiting, where the driver tells that.
 * Such windows without one between them that does not are one surge.
 */
#ifndef ENGINE_SURGE_H
#define ENGINE_SURGE_H

#include <stdbool.h>
#include <stdint.h>

/* The last so many are kept. */
#define SURGES 64

/* Percent of a receive ring, which are what is looked for. */
#define SURGE_BACKLOG 25

/* Numbers of 8 bytes alone, since another thread reads them one by one. */
struct surge {
	uint64_t began, ended;
	uint64_t packets;
	uint64_t most_100us, most_1ms; /* packets in such a window */
	uint64_t mean;                 /* packets a second before it */
	uint64_t backlog;              /* percent of the ring, at the least */
};

struct surge_log {
	double mean;    /* packets in a millisecond */
	uint64_t until; /* all windows before are in it */
	uint64_t least; /* a quarter of the ring */
	/* How many began, and of these those that are over: all but one at the most, which goes on.
	 * Number n is at n modulo SURGES. */
	uint64_t begun, over;
	struct surge surges[SURGES];
};

/* Empty, of a ring of so many packets. */
void surge_begin(struct surge_log *log, uint32_t ring, uint64_t now);

/* A window of a millisecond is over, and with it all the time until then. window has all but the
 * mean; it ends with its last packets. Worker. */
void surge_window(struct surge_log *log, const struct surge *window, uint64_t until,
		  uint64_t millisecond);

/* No packets follow: what goes on is over. Worker. */
void surge_rest(struct surge_log *log);

/* Copies number n, which has begun; false: others have its place by now. Of one that is not over
 * numbers may be of different windows. Any thread. */
bool surge_read(const struct surge_log *log, uint64_t n, struct surge *out);

#endif
