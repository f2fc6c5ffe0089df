/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Merge: the records of several sources in the order of their times; of equal times the first file's goes
 * first, and each file's own order is kept. The reader's thread only.
 */
#ifndef REPLAY_MERGE_H
#define REPLAY_MERGE_H

#include "config/config.h"
#include "replay/source.h"

struct merge {
	struct source *sources;
	unsigned count;
	unsigned loaded; /* sources, from the first on, that have a record at hand or ended */
	bool ended[CONFIG_REPLAY_FILES_MAX];
	struct source *taken; /* whose record was given last */

	uint64_t number;  /* of the record given last, from 1 */
	uint64_t time_ns; /* its time */
	uint64_t
		origin_ns; /* time of the first record of all; UINT64_MAX as long as it is unknown */
};

void merge_open(struct merge *merge, struct source *sources, unsigned count);

/* Begins again at the moment, or, when no mark stands there, somewhere before it: numbers and times tell.
 * 0 or a negative errno. */
int merge_rewind(struct merge *merge, const struct config_moment *moment);

/* The next record: 1, and it is in taken->record. 0: there is none. -EAGAIN and other negative errnos as
 * source_next; *failed is then the source. */
int merge_next(struct merge *merge, struct source **failed);

#endif
