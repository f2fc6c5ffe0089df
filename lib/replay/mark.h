/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Marks: places of a file that were passed, one for each of its pieces, from which reading can go
 * on without all that comes before. The reader's thread only; opened and closed by the control
 * thread.
 */
#ifndef REPLAY_MARK_H
#define REPLAY_MARK_H

#include "config/config.h"
#include "format/format.h"

struct mark {
	uint64_t position; /* in the file; 0: there is no mark */
	uint64_t records;  /* of the file, before it */
	uint64_t time_ns;  /* of the last of those on the timeline; 0 without any */
	uint64_t raw_ns;   /* and as it stands in the file, see source.h */
	/* The same of all files that are merged: when this mark was passed, so many records were
	 * taken. */
	uint64_t merged;
	uint64_t merged_ns;
	unsigned format; /* which of the formats */
};

struct marks {
	struct mark *items; /* by piece */
	uint64_t count;     /* behind the last one set */
	uint64_t room;
	struct format *formats;
	unsigned format_count, format_room;
	size_t format_bytes;
};

/* For so many pieces; 0: there will be no marks. 0 or -ENOMEM. */
int marks_open(struct marks *marks, uint64_t pieces);
void marks_close(struct marks *marks);

/* Remembers a place, and the format as it is there, unless that takes more memory than it is
 * worth. */
void marks_set(struct marks *marks, uint64_t piece, const struct mark *mark,
	       const struct format *format);

/* The last mark before which every record has a time less than this one. NULL: the file's
 * beginning. */
const struct mark *marks_before_time(const struct marks *marks, uint64_t time_ns);

/* The last mark before which there are at most so many records, of this file or (merged) of all.
 * NULL: the file's beginning. */
const struct mark *marks_before_record(const struct marks *marks, uint64_t records, bool merged);

/* Makes *out (ended or never begun) the format that a mark has. 0 or -ENOMEM. */
int marks_format(const struct marks *marks, const struct mark *mark, struct format *out);

#endif
