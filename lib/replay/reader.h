/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reader: a thread that brings a replay's files into its arena, ahead of the workers: io_uring with
 * O_DIRECT into the registered arena where file system and kernel have it, plain reads (whose pages
 * it gives back to the kernel) otherwise. It picks the records that are wanted (from, until,
 * filter, truncated), merges several files by time, and publishes their entries. Workers never wait
 * for it: they see that no entry is there yet.
 *
 * The control thread calls everything here.
 */
#ifndef REPLAY_READER_H
#define REPLAY_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "replay/extent.h"
#include "capture/identity.h"
#include "capture/names.h"
#include "replay/timeline.h"

struct reader;

struct reader_progress {
	uint64_t records;    /* read from the files, in all loops */
	uint64_t bytes;      /* of the files, likewise */
	uint64_t file_bytes; /* of all files together */
	uint64_t truncated;  /* records cut by the snap length, whatever became of them */
	uint64_t skipped;    /* records that were not wanted (from, until, filter, other links) */
	uint64_t too_long;   /* records of more than 65,535 bytes, which no mbuf holds; not sent */
	uint64_t empty;      /* records without a byte of their packet; not sent */
	uint64_t converted;  /* records of other link types that were given an Ethernet header */
	uint64_t backwards;  /* records with an earlier time than the one before, see source.h */
	uint64_t padded_bytes; /* zeros that padding adds in one loop */
	bool cut;              /* a file ends in the middle of a record */
	bool direct;           /* O_DIRECT and io_uring */
	bool finished;         /* nothing more will be published */
	int error;             /* 0, or a negative errno: reading ended here, the reason says why */
	char reason[256];      /* "site.pcap: record 7 at byte 1024: ..." */
};

/* Opens and looks at the files of a replay, makes the arena (on NUMA node numa, -1 any) and starts
 * the thread. from: entries begin with the record that the replay's `from`, or where that is none
 * this moment, names. news: an eventfd, or -1; see reader_is_ready. Returns 0, or a negative errno,
 * with reason. */
int reader_open(const struct config_replay *replay, unsigned lanes, int numa, int news,
		struct reader **out, char *reason, size_t reason_size);

/* The two halves of reader_open. The first opens the files, and may wait for their disk for long;
 * reader_close undoes it. The second makes arena and thread; where it fails nothing is left of the
 * reader. Any thread. */
int reader_find(const struct config_replay *replay, struct reader **out, char *reason,
		size_t reason_size);
int reader_make(struct reader *reader, unsigned lanes, int numa, int news, char *reason,
		size_t reason_size);

/* What its files were when they were opened, and their names; both to be freed. NULL: no memory. */
struct identity *reader_identities(const struct reader *reader, struct capture_names *names);

/* Whether there is a packet, or none will come. The eventfd is written to when that becomes so. */
bool reader_is_ready(const struct reader *reader);

/* Valid until reader_close. */
struct timeline *reader_timeline(struct reader *reader);

/* Begins again from another moment (the kind CONFIG_MOMENT_NONE: from the replay's own start), for
 * so many loops. Lanes must stand still until reader_is_ready: all entries go, timeline->published
 * is 0 again and entry times count from the new first packet on. Packets that a device still has
 * stay as they are until they are back. Does not wait for the thread, which may be in a read that a
 * disk does not answer; another call meanwhile takes the place of this. */
void reader_seek(struct reader *reader, struct config_moment moment, uint64_t loops);

/* Whether the thread has heard of the last seek: what the timeline shows is of the time since. */
bool reader_has_begun(const struct reader *reader);

void reader_progress(struct reader *reader, struct reader_progress *out);

/* What a loop is in all; as long as that is not known (false), what of the first one was read so
 * far. */
bool reader_extent(struct reader *reader, struct extent *out);

/* Tells the thread to end, and does not wait for it; has_left says when it did. */
void reader_leave(struct reader *reader);
bool reader_has_left(const struct reader *reader);

/* Ends the thread, and frees the arena. Every packet must have come back. NULL is fine. */
void reader_close(struct reader *reader);

#endif
