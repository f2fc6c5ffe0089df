/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside: what a store consists of. Packets are put into blocks (store.c, fill.h); blocks of a part
 * are written, in order (flow.h); a part whose blocks are written is the closer's.
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "disk/saver.h"
#include "store/board.h"
#include "store/closer.h"
#include "store/part.h"
#include "store/ports.h"
#include "store/ring.h"
#include "store/shelf.h"
#include "store/store.h"

struct store {
	struct store_setup setup; /* its texts are the store's */
	struct store_terms terms;
	struct store_ports ports;
	struct store_ring ring;
	struct store_shelf shelf;
	struct store_closer closer;
	struct store_board board;

	/* Where packets go. */
	struct store_part *part;       /* NULL: the next one begins one, or waits for a trigger */
	uint64_t number;               /* of the next part */
	uint64_t floor_ns;             /* a boundary of time that made the last part end */
	bool recording;                /* a trigger came, */
	uint64_t until_ns;             /* and reaches to here */
	uint64_t lost[STORE_SLOTS];    /* that no packet tells of yet */
	uint64_t carried[STORE_SLOTS]; /* that no part has counted yet */
	uint64_t mono_ns, swept_ns;

	/* What is written. */
	struct saver saver;
	struct store_part *open;
	struct save save;
	bool saving;
	unsigned run; /* blocks that are being saved; 0: the part's head */
	bool broken, told, told_plain;
	uint64_t retry_ns;
	uint64_t failed; /* packets, since it was told */
	bool ended;
	bool shelves, closes; /* what was opened */
};

/* Whether what comes now is for a file. */
static inline bool
store_writes(const struct store *store)
{
	return !store->terms.triggered || store->recording;
}

#endif
