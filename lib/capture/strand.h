/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Strand: one file of a reel, and the piece of it that is in memory. For this room alone.
 */
#ifndef CAPTURE_STRAND_H
#define CAPTURE_STRAND_H

#include <stdatomic.h>

#include "capture/file.h"

/* Written by one thread. */
struct strand_counts {
	_Atomic uint64_t truncated, empty, too_long, skipped, converted;
	_Atomic bool cut, broken;
};

struct strand {
	struct capture_file file;
	bool rests; /* it is open only while it is read: there are many */
	enum {
		STRAND_WAITS,  /* nothing was taken from it */
		STRAND_LOADED, /* a packet is at hand */
		STRAND_ENDED,
	} state;
	uint8_t *memory; /* CAPTURE_LEAD bytes, then those of the file */
	size_t size, at; /* of them, and where the next record is */
	bool last;       /* no others come behind them */
};

/* The next packet: 1, 0 at the end (file.cut), or a negative errno, with file.reason. What it
 * leaves out it counts. */
int strand_next(struct strand *strand, struct strand_counts *counts);

/* Gives back what it holds. */
void strand_end(struct strand *strand);

/* When its next packet is, as far as it is known: before anything was taken, not later than
 * that. */
static inline uint64_t
strand_time(const struct strand *strand)
{
	if (strand->state == STRAND_LOADED)
		return strand->file.raw_ns;
	return strand->file.lead_known ? strand->file.lead_ns : 0;
}

static inline const uint8_t *
strand_bytes(const struct strand *strand)
{
	return strand->memory + CAPTURE_LEAD + strand->file.record.offset;
}

#endif
