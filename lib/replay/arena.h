/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arena: the memory of a replay: blocks for pieces of its files, and the ring of entries. It holds
 * the timeline that lanes see. Made and freed by the control thread, when neither reader nor lanes
 * run.
 */
#ifndef REPLAY_ARENA_H
#define REPLAY_ARENA_H

#include <stddef.h>

#include "disk/blocks.h"
#include "replay/timeline.h"

struct arena {
	struct disk_blocks blocks;
	size_t entry_bytes; /* address space; pages that were written to alone cost memory */
	struct timeline timeline;
};

/* Makes blocks and a ring for a power of two of entries, on NUMA node numa (-1: any; another node
 * when that one has no room). Returns NULL with -errno in *err and a reason. */
struct arena *arena_make(unsigned blocks, uint64_t entries, unsigned lanes, int numa, int *err,
			 char *reason, size_t size);

void arena_free(struct arena *arena);

/* Nothing is published: entries and lanes begin at 0 again. No lane may run. */
void arena_clear(struct arena *arena);

#endif
