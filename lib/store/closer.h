/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Closer: a thread that does for a store what may wait for a disk: it writes indexes, closes files,
 * and removes old ones. Offline there is none, and its work is done at once.
 */
#ifndef STORE_CLOSER_H
#define STORE_CLOSER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/board.h"
#include "store/part.h"
#include "store/shelf.h"

/* So many files may wait to be closed; then the open one goes on. */
#define STORE_CLOSER_MAX 32

struct store_closer {
	struct store_shelf *shelf;
	struct store_board *board;
	bool runs;
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows, and of what parts have there */
	pthread_cond_t changed;
	struct store_part *first, **last;
	unsigned waiting; /* of those, finished ones */
	bool busy, stop, sweep;
	bool open;           /* a file is, */
	uint64_t open_bytes; /* and so long */
};

/* 0, or a negative errno. */
int store_closer_open(struct store_closer *closer, struct store_shelf *shelf,
		      struct store_board *board, bool offline);

/* Rows that the index of a part gets. False: no memory; it then ends early. */
bool store_closer_index(struct store_closer *closer, struct store_part *part, const uint8_t *rows,
			size_t size);

/* The part is whole as far as it will be; it is the closer's. */
void store_closer_finish(struct store_closer *closer, struct store_part *part);

/* Looks whether old files have to go, beside an open one of so many bytes. */
void store_closer_sweep(struct store_closer *closer, bool open, uint64_t open_bytes);

bool store_closer_is_full(struct store_closer *closer);
bool store_closer_is_idle(struct store_closer *closer);

/* Ends the thread once it is idle, which may be waited for. */
void store_closer_close(struct store_closer *closer);

#endif
