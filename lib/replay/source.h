/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source: one capture file of a replay, record by record, each where it lies in the arena. Opened and closed
 * by the control thread, used by the reader's thread.
 *
 * It gives records times that never step back. A record with an earlier time than the one before has that
 * one's, and what follows keeps its distance to it: the clock that wrote the file was set back, and went on. A
 * record without a time has that of the one before, or, where there is none, of the first that has one.
 */
#ifndef REPLAY_SOURCE_H
#define REPLAY_SOURCE_H

#include "format/format.h"
#include "replay/identity.h"
#include "replay/mark.h"
#include "replay/window.h"

#define SOURCE_REASON_MAX 384

struct source {
	const char *path;
	const char *name;         /* the last part of it */
	struct identity identity; /* of the file, when it was opened */
	struct window window;
	uint8_t head[FORMAT_HEAD];
	unsigned head_size;
	struct marks marks;
	/* Of all files that are merged, for marks: records taken, and the latest time of them. */
	uint64_t merged, merged_ns;

	struct format format;
	uint64_t position; /* in the file, of what comes after the record */
	uint64_t piece;    /* that position lies in; UINT64_MAX: not looked at yet */
	uint64_t raw_ns;   /* latest time that stands in the file */
	uint64_t time_ns;  /* and what became of it */
	bool stepped;      /* the record at hand is earlier than the one before */
	bool lead_known;
	uint64_t
		lead_ns; /* time of the first record that has one, if those before it have none; 0: none has */

	uint64_t records;      /* from the file's first on, the one at hand among them */
	uint64_t passed_bytes; /* in this pass */

	/* The record at hand: source_next has answered 1. */
	struct format_record record; /* its offset is one in the arena */
	char reason[SOURCE_REASON_MAX];
};

/* Opens a file and looks at its beginning. On failure a negative errno, with "FILE: ..." in reason. */
int source_open(struct source *source, const char *path, char *reason, size_t size);
void source_close(struct source *source);

/* Makes room for marks, once the windows are open. 0 or -ENOMEM. */
int source_make_marks(struct source *source);

/* Begins again from a mark, or (NULL) from the file's first record. Nothing of the file may be under way. 0 or
 * a negative errno. */
int source_rewind(struct source *source, const struct mark *mark);

/* Looks at one record more for lead_ns, from a rewind to the first one on, until lead_known. -EAGAIN as
 * source_next; damage ends the search, and is told of when records are taken. */
int source_find_lead(struct source *source);

/* The next record. Returns 1; 0 at the end; -EAGAIN when the block that it lies in is not read yet; or
 * another negative errno, with the reason: "FILE: record 7 at byte 1024: ...". */
int source_next(struct source *source);

#endif
