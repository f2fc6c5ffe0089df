/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ring: a store's memory: blocks that are filled one behind the other, leave in the same order, and
 * lie in memory in it, so that full ones that follow each other are one piece to write. The store's
 * thread.
 */
#ifndef STORE_RING_H
#define STORE_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "disk/blocks.h"
#include "format/index.h"
#include "store/store.h"

struct store_part;

/* What of a block is a slot's. */
struct store_share {
	uint32_t packets, bytes;
	uint64_t told; /* losses that its packets tell of */
};

struct store_block {
	uint8_t *bytes; /* STORE_BLOCK_SIZE */
	uint32_t used;  /* of them */
	bool closed;    /* no packet is added any more; with a part it is sealed */
	uint32_t packets;
	uint64_t first_ns, last_ns; /* the earliest and latest time of a packet */
	uint64_t begun_ns;          /* of a clock that nobody sets */
	struct store_part *part;    /* the file that it belongs to; NULL: none yet */
	uint64_t slots;             /* bits: those that have a share */
	struct store_share shares[STORE_SLOTS];
	uint8_t row[INDEX_ROW_SIZE]; /* once it is sealed */
};

struct store_ring {
	struct store_block *blocks;
	uint8_t *bytes;
	unsigned count;
	uint64_t tail, head;     /* of blocks in use, the first and the one behind the last */
	struct disk_blocks huge; /* where the memory is from; */
	uint64_t mapped;         /* or common memory */
};

/* 0, or a negative errno with a reason. */
int store_ring_make(struct store_ring *ring, const struct store_setup *setup, char *reason,
		    size_t size);
void store_ring_free(struct store_ring *ring);

static inline struct store_block *
store_ring_at(const struct store_ring *ring, uint64_t number)
{
	return &ring->blocks[number % ring->count];
}

/* The block that packets are added to, or NULL. */
static inline struct store_block *
store_ring_open(const struct store_ring *ring)
{
	struct store_block *last;

	if (ring->head == ring->tail)
		return NULL;
	last = store_ring_at(ring, ring->head - 1);
	return last->closed ? NULL : last;
}

/* The one that leaves next, or NULL. */
static inline struct store_block *
store_ring_first(const struct store_ring *ring)
{
	return ring->head == ring->tail ? NULL : store_ring_at(ring, ring->tail);
}

/* Another one, empty, or NULL when none is free. */
struct store_block *store_ring_begin(struct store_ring *ring);

/* How many of the closed blocks of one part, from the first on, lie in one piece; and its bytes. At
 * most so many bytes, if it is more than one. */
unsigned store_ring_run(const struct store_ring *ring, uint32_t most, uint32_t *length);

#endif
