/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source: one capture file of a replay, record by record, each where it lies in the arena. Opened and closed
 * by the control thread, used by the reader's thread.
 */
#ifndef REPLAY_SOURCE_H
#define REPLAY_SOURCE_H

#include "replay/format.h"
#include "replay/window.h"

#define SOURCE_REASON_MAX 384

struct source {
	const char *path;
	const char *name; /* the last part of it */
	struct window window;
	uint8_t head[FORMAT_HEAD];
	unsigned head_size;

	struct format format;
	uint64_t position; /* in the file, of what comes after the record */
	uint64_t max_ns;   /* of the records before the one at hand */

	/* Of this pass through the file. */
	uint64_t records; /* the one at hand among them */
	uint64_t passed_bytes;

	/* The record at hand: source_next has answered 1. */
	struct format_record record; /* its offset is one in the arena */
	char reason[SOURCE_REASON_MAX];
};

/* Opens a file and looks at its beginning. On failure a negative errno, with "FILE: ..." in reason. */
int source_open(struct source *source, const char *path, char *reason, size_t size);
void source_close(struct source *source);

/* From the file's first record on. Nothing of the file may be under way. */
int source_rewind(struct source *source);

/* The next record. Returns 1; 0 at the end; -EAGAIN when the block that it lies in is not read yet; or
 * another negative errno, with the reason: "FILE: record 7 at byte 1024: ...". */
int source_next(struct source *source);

#endif
