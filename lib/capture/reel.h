/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reel: the packets of one or many captures in a row, for a port: merged by their times (of equal
 * ones the first file's goes first, and each file's own order is kept), or one file after the
 * other. Files are open while they have packets to give, and no longer. What is left out is
 * counted; a file that breaks ends there, and the others go on. One thread at a time; the counts
 * may be looked at by others.
 */
#ifndef CAPTURE_REEL_H
#define CAPTURE_REEL_H

#include "capture/file.h"
#include "capture/names.h"

struct reel;

struct reel_counts {
	uint64_t truncated;          /* by the snap length when they were captured */
	uint64_t empty, too_long;    /* left out */
	uint64_t skipped, converted; /* of other link types: left out, given an Ethernet header */
	bool cut;                    /* a file ends in the middle of a record */
	bool broken;                 /* a file could not be read to its end */
};

struct reel_packet {
	const uint8_t *bytes; /* until the next call */
	uint32_t length, wire_length;
	uint64_t time_ns; /* as it stands in the file; of sequential files, as that file begins */
};

/* Called with a sentence on files that are cut, give nothing, or (broken) can't be read on: by the
 * thread that reads. */
typedef void reel_tell(void *context, bool broken, const char *text);

/* Finds and looks at the files. On failure a negative errno, with "FILE: ..." in reason. */
int reel_open(const struct config_captures *captures, uint64_t gap_ns,
	      const struct capture_options *options, struct reel **out, char *reason, size_t size);
void reel_close(struct reel *reel); /* NULL is fine */
void reel_listen(struct reel *reel, reel_tell *tell, void *context);

/* The next packet: 1, and 0 at the end of all. May wait for a disk or a pipe. */
int reel_next(struct reel *reel, struct reel_packet *out);

/* Whether the next packet may be long in coming: a pipe's, of which nothing more is there yet. */
bool reel_is_slow(const struct reel *reel);

void reel_counts(const struct reel *reel, struct reel_counts *out);

#endif
