/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Extent: how much a loop of a replay is in all, and so how long it takes at a pace. The reader
 * adds up what it publishes; the control thread has a copy.
 */
#ifndef REPLAY_EXTENT_H
#define REPLAY_EXTENT_H

#include "replay/schedule.h"

#define EXTENT_PAUSES 64

struct extent {
	/* All packets of the loop; the time of the last one, from the first on. */
	struct schedule_units units;
	uint64_t period_ns; /* to the next loop's first packet; 0 as long as it is not known */
	struct schedule_units last; /* of the last packet alone */
	/* Pauses between packets, by the power of two that they reach: how many, and all
	 * together. */
	struct {
		uint64_t count, sum_ns;
	} pauses[EXTENT_PAUSES];
};

/* Adds a packet of so many bytes, at a time since the loop's first one. */
void extent_add(struct extent *extent, uint64_t time_ns, uint32_t length);

/* Nanoseconds from the first packet to the last of so many loops, at a pace and with no pause
 * longer than max_gap_ns (0: as long as they are); 0 at top pace. Pauses are as exact as their
 * powers of two. */
double extent_ns(const struct extent *extent, const struct config_pace *pace, uint64_t loops,
		 uint64_t max_gap_ns);

/* What lies before a packet, in nanoseconds at a pace. */
double extent_before_ns(const struct config_pace *pace, const struct schedule_units *units);

#endif
