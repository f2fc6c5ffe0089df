/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sides: two captures of the same traffic, one from before a device and one from behind it, and
 * which packet of the first each of the second is. All packets of the first are read before the
 * second, as clocks of two captures say nothing of what came before what. One thread.
 *
 * Memory: 180 bytes for each packet of the first (110 with one key), and 8 for each of the second;
 * of those that are not recognised at once 100 more, and what lib/match keeps of their bytes.
 */
#ifndef SLUICE_COMPARE_SIDES_H
#define SLUICE_COMPARE_SIDES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/histogram.h"
#include "match/match.h"

#define SIDES_REASON_MAX 512

struct side {
	const char *path;
	uint64_t packets;
	uint64_t others; /* records that give none */
	uint64_t cut;    /* packets of which not all is there */
	bool broken_off; /* the file ends in the middle of a record */
	uint64_t first_ns, last_ns;
};

struct sides {
	struct match_manner manner;
	uint64_t within_ns; /* UINT64_MAX: nothing is late */
	struct side sent, back;
	struct match *match;
	struct match_numbers numbers; /* matched and late by within */
	struct histogram latencies;   /* of matched, above offset_ns */
	int64_t least_ns, most_ns;    /* of matched and late, as the clocks have it */
	/* What is taken from each: least_ns if that is below 0, else 0. */
	int64_t offset_ns;
	FILE *progress; /* NULL: none is shown */
	char reason[SIDES_REASON_MAX];
	/* For the bytes of changed packets: the first is read again. */
	struct nth *again;
};

/* Reads and matches. manner, within_ns, both paths and progress are set, the rest is 0. False: the
 * reason says why. Either way sides_end has to follow. */
bool sides_match(struct sides *sides);
void sides_end(struct sides *sides);

#endif
