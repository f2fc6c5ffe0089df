/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guide: the index beside a capture (format/index.h), once it was found to be the capture's own. It
 * says from where to read so that nothing but what is wanted is read, and never what is in a
 * packet. An index that is stale, cut, damaged or another's is left alone, and the log says so: its
 * capture is then read as any other. One thread; it waits for the disk.
 */
#ifndef CAPTURE_GUIDE_H
#define CAPTURE_GUIDE_H

#include "capture/file.h"
#include "format/index.h"

struct guide {
	struct index index; /* count: of the rows that the capture's seals vouch for */
	bool looked;        /* for it */
	bool whole;         /* no record lies behind the last row */
	uint8_t *bytes;     /* of the index */
	uint8_t *head;      /* of the capture */
};

/* Looks for the index of a file that was opened, unless that was done before; the file is to be
 * begun anew then. Returns whether there is one with rows. */
bool guide_find(struct guide *guide, struct capture_file *file);
void guide_free(struct guide *guide);

/* Has the file go on behind so many rows, or (0) with its first record: capture_file_take then
 * gives what it would give there had everything before been read. Returns 0, or a negative errno,
 * with file->reason. */
int guide_go(const struct guide *guide, struct capture_file *file, uint64_t rows);

#endif
