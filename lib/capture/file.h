/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * File: one capture file, record by record, whoever brings its bytes into memory: a port's reel
 * into a buffer, a replay's window into its arena. What a file is, how it is compressed, what
 * becomes of records of other links, times, and the words for what is wrong are all here, so that
 * ports and replays say the same. Opened and closed by one thread, read by another.
 *
 * It gives records times that never step back. A record with an earlier time than the one before
 * has that one's, and what follows keeps its distance to it: the clock that wrote the file was set
 * back, and went on. A record without a time has that of the one before, or, where there is none,
 * of the first that has one.
 */
#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "capture/identity.h"
#include "config/config.h"
#include "format/format.h"
#include "unpack/unpack.h"

#define CAPTURE_REASON_MAX 384
#define CAPTURE_SIZE_UNKNOWN UINT64_MAX
/* More files than these are not kept open by whoever reads them together. */
#define CAPTURE_OPEN_MAX 16
/* So many bytes before what is given to capture_file_take may be written over, with a converted
 * record's header. */
#define CAPTURE_LEAD 16

/* How files are read. */
struct capture_options {
	enum config_other_links other_links;
	bool live;   /* what a pipe brings is wanted at once, not in large pieces */
	bool direct; /* a descriptor with O_DIRECT is of use */
	bool check; /* it is looked at alone: a pipe, which can be opened but once, is not opened */
	_Atomic int *stop; /* not 0 ends the wait for a pipe; NULL: nothing does */
};

/* What becomes of a record. */
enum capture_fate {
	CAPTURE_PACKET,
	CAPTURE_EMPTY, /* not a byte of it is there */
	/* More than FORMAT_PACKET_MAX bytes, which no mbuf holds; they may not all be in memory. */
	CAPTURE_TOO_LONG,
	CAPTURE_OTHER_LINK, /* not Ethernet, and passed over */
};

struct capture_file {
	const char *path;
	const char *name; /* the last part of it */
	struct capture_options options;
	struct identity identity; /* of the file, when it was opened */
	bool pipe;                /* read once, as it comes; looked at by whoever reads it first */
	int direct, plain;        /* descriptors, with O_DIRECT and without; -1: none */
	struct unpack *unpack;    /* NULL: what is in the file is the capture */
	uint64_t size;            /* of the capture in it, or CAPTURE_SIZE_UNKNOWN */
	uint8_t head[FORMAT_HEAD];
	unsigned head_size;
	uint8_t first[UNPACK_HEAD]; /* of a pipe: taken from it to be looked at */
	unsigned first_size;
	uint64_t taken; /* of a pipe, in all */

	struct format format;
	uint64_t position; /* in the capture, of what comes after the record */
	uint64_t raw_ns;   /* latest time that stands in the file */
	uint64_t time_ns;  /* and what became of it */
	bool begun;        /* there is one */
	bool stepped;      /* the record at hand is earlier than the one before */
	bool lead_known;
	/* Time of the first record that has one, if those before it have none; 0: none has. */
	uint64_t lead_ns;

	uint64_t records;      /* from the file's first on, the one at hand among them */
	uint64_t passed_bytes; /* in this pass */
	bool blank;            /* it was seen to have no record */
	bool cut;              /* it ends in the middle of a record; the reason says where */

	/* The record at hand: capture_file_take has answered 1. */
	struct format_record record; /* its offset is one in the bytes that were given */
	enum capture_fate fate;
	bool converted; /* an Ethernet header was put before its IP packet */
	char reason[CAPTURE_REASON_MAX];
};

/* Opens a file and looks at its beginning; of a pipe, only whether it is one. "-" is the standard
 * input. path must outlive it. On failure a negative errno, with "FILE: ..." in reason. */
int capture_file_open(struct capture_file *file, const char *path,
		      const struct capture_options *options, char *reason, size_t size);
void capture_file_close(struct capture_file *file);

/* Whether nothing can be begun before the pipe brings something. */
static inline bool
capture_file_is_waiting(const struct capture_file *file)
{
	return file->pipe && !file->head_size;
}

/* Gives back the descriptors of a file that is not a pipe, and has them again before what is in it
 * is read: a negative errno as opening has them, or -ENODATA when it is another file by now, for
 * capture_file_unreadable. */
void capture_file_rest(struct capture_file *file);
int capture_file_wake(struct capture_file *file);

/* Begins with the first record. Returns 0, or a negative errno with the reason. May wait for a
 * pipe. */
int capture_file_begin(struct capture_file *file);

/* What is in the file at an offset: as much of it as there is, or came so far. *last: nothing comes
 * behind it. Returns how many bytes, or a negative errno. */
ssize_t capture_file_read(struct capture_file *file, void *bytes, size_t size, uint64_t offset,
			  bool *last);

/* The next record among size bytes of the capture, of which file->position is *at, with
 * CAPTURE_LEAD bytes before them; last says that it ends there. Goes on with position, and *at with
 * it, which may lie behind size. Returns 1 with a record; 0 when more must be brought, or (last) at
 * the end; or a negative errno, with the reason: "FILE: record 7 at byte 1024: ...", after which
 * the file has no more. */
int capture_file_take(struct capture_file *file, uint8_t *bytes, size_t size, bool last,
		      size_t *at);

/* Why what it is compressed in ends before its end; or NULL. */
static inline const char *
capture_file_cut_off(const struct capture_file *file)
{
	return file->unpack ? unpack_reason(file->unpack) : NULL;
}

/* The end of what there is, or why it is not the end. */
int capture_file_end(struct capture_file *file);

/* Why what is at its position can't be had: error is a negative errno, -ENODATA when the file has
 * become shorter. */
int capture_file_unreadable(struct capture_file *file, int error);

/* Notes the time of a record while the first that has one is looked for; the search is over when
 * lead_known. ret is what capture_file_take has answered. */
void capture_file_lead(struct capture_file *file, int ret);

#endif
