/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Place: from where the files of a merge are read to come to a moment: behind marks (mark.h), which
 * are of what was passed, or rows of a guide (capture/guide.h), where a file has one. What lies
 * before comes before the moment, whatever file it is in. The reader's thread only.
 */
#ifndef REPLAY_PLACE_H
#define REPLAY_PLACE_H

#include "replay/merge.h"

struct place {
	enum {
		PLACE_BEGIN,  /* every file's beginning */
		PLACE_TIME,   /* nothing before time_ns is wanted, */
		PLACE_PACKET, /* or before this packet of the only file */
	} kind;
	uint64_t value;
};

/* Finds it. May wait for the disk, the first time. */
void place_find(struct merge *merge, const struct config_moment *moment, struct place *out);

/* Rewinds a source to it. As source_rewind. */
int place_source(struct source *source, const struct place *place);

#endif
