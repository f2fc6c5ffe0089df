/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source: one capture file of a replay, record by record, each where it lies in the arena: the file
 * (capture/file.h) as its window brings it. Opened and closed by the control thread, used by the
 * reader's thread.
 */
#ifndef REPLAY_SOURCE_H
#define REPLAY_SOURCE_H

#include "capture/file.h"
#include "capture/guide.h"
#include "replay/mark.h"
#include "replay/window.h"

struct source {
	struct capture_file file; /* its record's offset is one in the arena */
	struct window window;
	struct marks marks;
	struct guide guide; /* of what was not passed yet, too */
	/* Of all files that are merged, for marks: records taken, and the latest time of them. */
	uint64_t merged, merged_ns;
	enum {
		SOURCE_STANDS, /* it is to begin with its first record */
		SOURCE_BEGUN,
		SOURCE_LOADED, /* a record is at hand */
		SOURCE_ENDED,
	} state;
	uint64_t piece; /* that file.position lies in; UINT64_MAX: not looked at yet */
};

/* Opens a file and looks at its beginning. On failure a negative errno, with "FILE: ..." in
 * reason. */
int source_open(struct source *source, const char *path, const struct capture_options *options,
		char *reason, size_t size);
void source_close(struct source *source);

/* Makes room for marks, once the windows are open. 0 or -ENOMEM. */
int source_make_marks(struct source *source);

/* Begins again from a mark, or (NULL) from the file's first record. Nothing of the file may be
 * under way. 0 or a negative errno, with file.reason. */
int source_rewind(struct source *source, const struct mark *mark);

/* Begins behind so many rows, at least 1, of its guide. As source_rewind. */
int source_leap(struct source *source, uint64_t rows);

/* Has it begin with its first record, when it is its turn. 0. */
int source_stand(struct source *source);

/* At its end: gives up its blocks, and its descriptors when they are to be closed. */
void source_rest(struct source *source, bool closes);

/* Whether what lies ahead in it is to be brought. */
static inline bool
source_is_read(const struct source *source)
{
	return source->state == SOURCE_BEGUN || source->state == SOURCE_LOADED;
}

/* When its next record is, or, before it has begun, when that may be. */
static inline uint64_t
source_time(const struct source *source)
{
	if (source->state == SOURCE_LOADED)
		return source->file.record.time_ns;
	if (source->state == SOURCE_BEGUN)
		return source->file.time_ns;
	return source->file.lead_ns;
}

/* Looks at one record more for the time of the first that has one, from a rewind to the first one
 * on, until file.lead_known. -EAGAIN as source_next; damage ends the search, and is told of when
 * records are taken. */
int source_find_lead(struct source *source);

/* The next record. Returns 1; 0 at the end (file.cut); -EAGAIN when the block that it lies in is
 * not read yet; or another negative errno, with file.reason: "FILE: record 7 at byte 1024: ...". */
int source_next(struct source *source);

#endif
