/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gap: the pauses of a replay, and how they are shortened (`max-gap`). What is longer on the wire
 * than asked for is taken off the times of all that follows, so every lane must see every entry.
 * How long a pause is, is decided once, by the pace at which its end is first seen; a pace that
 * begins within one bounds what is left of it.
 */
#ifndef REPLAY_GAP_H
#define REPLAY_GAP_H

#include "replay/schedule.h"

/* Zeros at the start of a run. */
struct gap {
	uint64_t seen;   /* entries before which the pause is decided */
	uint64_t end_ns; /* of the capture: when the last of them was, */
	uint64_t cut_ns; /* and what was taken off until then */
	uint64_t due_ns; /* of the entry passed last, on the engine's clock */
};

/* What of the capture's time passes, at a pace, in the longest pause on the wire; max_ns 0: none is
 * too long. Rates have no pauses. */
static inline uint64_t
gap_limit(const struct config_pace *pace, uint64_t max_ns)
{
	unsigned __int128 limit;

	if (max_ns == 0 || pace->kind != CONFIG_PACE_ORIGINAL)
		return UINT64_MAX;
	limit = (unsigned __int128)max_ns * pace->num / pace->den;
	return limit < UINT64_MAX ? (uint64_t)limit : UINT64_MAX;
}

/* The time, without what is too long of the pauses before it, of the entry behind so many others.
 * Entries are given in order, and one may be given again. */
static inline uint64_t
gap_shorten(struct gap *gap, const struct config_pace *pace, uint64_t max_ns, uint64_t entries,
	    uint64_t time_ns)
{
	if (entries >= gap->seen) {
		uint64_t pause = time_ns - gap->end_ns;
		uint64_t limit = gap_limit(pace, max_ns);

		if (pause > limit)
			gap->cut_ns += pause - limit;
		gap->end_ns = time_ns;
		gap->seen = entries + 1;
	}
	/* One that was given to others before an order brought all to the foremost's place may lie
	 * before what that one has cut. */
	return time_ns > gap->cut_ns ? time_ns - gap->cut_ns : 0;
}

/* When the packet after the pause is due at the latest, not before now. */
static inline uint64_t
gap_bound(const struct gap *gap, const struct config_pace *pace, uint64_t max_ns, uint64_t now_ns,
	  uint64_t due_ns)
{
	uint64_t latest = schedule_later(gap->due_ns, max_ns);

	if (max_ns == 0 || pace->kind != CONFIG_PACE_ORIGINAL || due_ns <= latest)
		return due_ns;
	return latest > now_ns ? latest : now_ns;
}

/* Times of the capture count from time_ns on, and nothing was taken off yet. */
static inline void
gap_rebase(struct gap *gap, uint64_t time_ns)
{
	gap->end_ns -= time_ns; /* it may lie before: differences are right all the same */
	gap->cut_ns = 0;
}

#endif
