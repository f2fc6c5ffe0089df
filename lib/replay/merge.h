/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Merge: the records of several sources, either in the order of their times (of equal times the
 * first file's goes first, and each file's own order is kept) or one source after the other. A
 * source is begun when it is its turn, and rests when it is at its end, so that of many files few
 * are open. One that breaks ends there, and the others go on. The reader's thread only.
 */
#ifndef REPLAY_MERGE_H
#define REPLAY_MERGE_H

#include "config/config.h"
#include "replay/source.h"

struct merge {
	struct source *sources;
	unsigned count;
	enum config_order order;
	uint64_t gap_ns;      /* of sequential files */
	struct source *taken; /* whose record was given last */
	struct source *waits; /* whose block the last call had to wait for */

	uint64_t number;  /* of the record given last, from 1 */
	uint64_t time_ns; /* its time */
	/* Time of the first record of all; UINT64_MAX as long as it is unknown. */
	uint64_t origin_ns;

	/* Sequential: the file's first packet was given, and what is added to its times modulo
	 * 2^64; the last packet's. */
	bool begun;
	uint64_t shift_ns, last_ns;

	/* Since the last rewind: the first that ended in the middle of a record, and the first that
	 * broke. */
	const struct source *cut, *broken;
	int error; /* of the latter */
};

void merge_open(struct merge *merge, struct source *sources, unsigned count,
		const struct config_replay *config);

/* Begins again at the moment, or, when no mark stands there, somewhere before it: numbers and times
 * tell. 0 or a negative errno; *failed is then the source. */
int merge_rewind(struct merge *merge, const struct config_moment *moment, struct source **failed);

/* The next record: 1, and it is in taken->file.record. 0: there is none. -EAGAIN as source_next. */
int merge_next(struct merge *merge);

#endif
