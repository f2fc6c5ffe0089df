/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arena: the memory of a replay: blocks for pieces of its files, in hugepages where there are some, and the
 * ring of entries. It holds the timeline that lanes see. Made and freed by the control thread, when
 * neither reader nor lanes run.
 */
#ifndef REPLAY_ARENA_H
#define REPLAY_ARENA_H

#include <rte_memzone.h>
#include <stddef.h>

#include "replay/timeline.h"

struct arena {
	const struct rte_memzone *zone;
	size_t entry_bytes; /* address space; pages that were written to alone cost memory */
	struct timeline timeline;
};

/* Makes blocks of 2 MiB and a ring for a power of two of entries, on NUMA node numa (-1: any; another node
 * when that one has no room). Returns NULL with -errno in *err and a reason. */
struct arena *arena_make(unsigned blocks, uint64_t entries, unsigned lanes, int numa, int *err,
			 char *reason, size_t size);

void arena_free(struct arena *arena);

/* Nothing is published: entries and lanes begin at 0 again. No lane may run. */
void arena_clear(struct arena *arena);

#endif
