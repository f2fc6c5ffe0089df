/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timeline: what a reader gives to the lanes of a replay: an arena of blocks that hold pieces of
 * the capture as they are in the file, and a ring of entries that say where in it each packet lies
 * and when it is due. One reader thread writes, workers (one lane each) read; every lane walks over
 * every entry and sends those that are its own.
 *
 * Resident: all blocks fit the arena. The reader goes through the files once, and lanes walk the
 * same entries again in each loop. Otherwise entries and blocks are used again and again: the
 * reader writes an entry over when every lane has passed it, and fills a block anew when every
 * packet in it has left.
 */
#ifndef REPLAY_TIMELINE_H
#define REPLAY_TIMELINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "disk/blocks.h"

/* Where a packet lies: its byte offset in the arena (40 bits), its length there (16), its lane (6),
 * and whether it leaves through the servers' port. */
struct timeline_entry {
	/* Since the first packet of the first loop; not less than the one before. */
	uint64_t time_ns;
	uint64_t offset : 40;
	uint64_t length : 16;
	uint64_t lane : 6;
	uint64_t server : 1;
};

_Static_assert(sizeof(struct timeline_entry) == 16, "four entries a cache line");

/* Packets of a block that have not left yet; whoever frees a packet of a streaming replay takes one
 * off. */
struct timeline_block {
	_Atomic uint32_t left;
} __attribute__((aligned(64)));

struct timeline_lane {
	_Atomic uint64_t passed; /* entries that the lane needs no more */
} __attribute__((aligned(64)));

struct timeline {
	uint8_t *arena;
	uint64_t *iova; /* of each block */
	struct timeline_block *blocks;
	unsigned block_count;
	struct timeline_entry *entries;
	/* The bytes that each entry's packet leaves with: those in the arena, and zeros behind them
	 * when it is padded. Lanes pass over others' packets by these, and never look at bytes that
	 * are not their own: such a block may have been filled anew. */
	uint16_t *lengths;
	/* The lane of each entry once more, see owners.h; 7 bytes behind the last may be read. */
	uint8_t *owners;
	uint64_t mask; /* entry n stands at entries[n & mask] */
	unsigned lane_count;
	bool resident; /* set before the first entry */

	/* Written by the reader, read by lanes. */
	_Atomic uint64_t published __attribute__((aligned(64))); /* entries, from the first on */
	_Atomic uint64_t end; /* entries in all: of one loop when resident, of all loops when not;
			       * UINT64_MAX as long as that is unknown */
	/* From one loop's first packet to the next loop's; valid with end when resident. */
	_Atomic uint64_t period_ns;
	/* The first packet's time in the capture; valid with published > 0. */
	_Atomic uint64_t start_ns;
	_Atomic uint64_t loop_entries; /* of one loop; 0 as long as that is unknown */
	_Atomic bool broken;           /* the end is where a file broke; valid with end */

	struct timeline_lane lanes[CONFIG_WORKERS_MAX];
};

#endif
