/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading: what a reader's thread does, and what it and the control thread share. For reader.c
 * alone.
 *
 * The control thread asks with `request`, which the thread looks at between records and in every
 * wait, and which it answers under the lock.
 */
#ifndef REPLAY_READING_H
#define REPLAY_READING_H

#include <pthread.h>

#include "capture/names.h"
#include "replay/arena.h"
#include "replay/extent.h"
#include "replay/merge.h"
#include "replay/pick.h"
#include "replay/publisher.h"
#include "replay/reader.h"
#include "replay/schedule.h"

enum reading_request {
	READING_GO_ON,
	READING_BEGIN, /* from `moment` on */
	READING_CLOSE,
};

struct reader {
	const struct config_replay *config;
	int news; /* eventfd, or -1 */
	struct arena *arena;
	struct capture_names names;
	struct source *sources; /* one a name */
	unsigned source_count;
	bool direct; /* all of them can be read past the page cache */
	struct loader loader;
	struct pick pick;

	/* Between the threads. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	_Atomic bool left;               /* the thread is at its end */
	_Atomic int request;             /* enum reading_request; changed under the lock */
	struct config_moment moment;     /* where to begin; under the lock */
	uint64_t loops;                  /* how often the files are gone through then; likewise */
	struct reader_progress progress; /* under the lock */
	struct extent extent; /* of the first loop, as far as it was read; under the lock */
	bool extent_known;    /* that is all of it; under the lock */

	/* The thread's own. */
	struct reader_progress now;
	struct extent sum; /* of the first loop, */
	bool loop_known;   /* which it has gone through */
	bool told;         /* that it is ready */
	bool passed_over;  /* records of other link types */
	struct config_moment begin;
	uint64_t loops_now;
	struct merge merge;
	struct publisher publisher;
	unsigned ahead; /* see window.h */
	uint64_t loop;  /* from 0 */
	uint64_t loop_packets;
	uint64_t first_ns, last_ns; /* of the loop's packets, in the capture */
	uint64_t base_ns;           /* of the loop on the timeline */
	uint64_t passed_bytes;      /* of the files in the loops before */
};

/* Whether the record at hand lies farther behind the loop's first than a schedule reaches. */
static inline bool
reading_is_too_far(const struct reader *reader)
{
	return reader->loop_packets > 0 &&
	       reader->merge.time_ns - reader->first_ns > SCHEDULE_SPAN_MAX;
}

/* The thread: argument is the reader. */
void *reading_main(void *argument);

#endif
