/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/arena.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "replay/owners.h"

#include "core/banned.h"

struct arena *
arena_make(unsigned blocks, uint64_t entries, unsigned lanes, int numa, int *err, char *reason,
	   size_t size)
{
	struct arena *arena = aligned_alloc(64, (sizeof(*arena) + 63) / 64 * 64);
	struct timeline *timeline;
	void *memory;

	*err = -ENOMEM;
	snprintf(reason, size, "%s", strerror(ENOMEM));
	if (!arena)
		return NULL;
	memset(arena, 0, sizeof(*arena));
	timeline = &arena->timeline;
	timeline->block_count = blocks;
	timeline->lane_count = lanes;
	timeline->mask = entries - 1;
	timeline->blocks = aligned_alloc(64, blocks * sizeof(*timeline->blocks));
	if (!timeline->blocks)
		goto failed;
	arena->entry_bytes = entries * (sizeof(*timeline->entries) + sizeof(*timeline->lengths) +
					sizeof(*timeline->owners)) +
			     OWNERS_STEP;
	memory = mmap(NULL, arena->entry_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		goto failed;
	timeline->entries = memory;
	timeline->lengths = (uint16_t *)(timeline->entries + entries);
	timeline->owners = (uint8_t *)(timeline->lengths + entries);
	/* A worker walks 18 bytes a packet: with large pages it waits less for the page table. */
	madvise(memory, arena->entry_bytes, MADV_HUGEPAGE);
	*err = disk_blocks_make(&arena->blocks, blocks, numa, reason, size);
	if (*err < 0)
		goto failed;
	timeline->arena = arena->blocks.bytes;
	timeline->iova = arena->blocks.iova;
	for (unsigned i = 0; i < blocks; i++)
		atomic_init(&timeline->blocks[i].left, 0);
	arena_clear(arena);
	return arena;

failed:
	arena_free(arena);
	return NULL;
}

void
arena_free(struct arena *arena)
{
	if (!arena)
		return;
	disk_blocks_free(&arena->blocks);
	if (arena->timeline.entries)
		munmap(arena->timeline.entries, arena->entry_bytes);
	free(arena->timeline.blocks);
	free(arena);
}

void
arena_clear(struct arena *arena)
{
	struct timeline *timeline = &arena->timeline;

	for (unsigned i = 0; i < timeline->lane_count; i++)
		atomic_store_explicit(&timeline->lanes[i].passed, 0, memory_order_relaxed);
	atomic_store_explicit(&timeline->end, UINT64_MAX, memory_order_relaxed);
	atomic_store_explicit(&timeline->period_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&timeline->start_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&timeline->loop_entries, 0, memory_order_relaxed);
	atomic_store_explicit(&timeline->broken, false, memory_order_relaxed);
	atomic_store_explicit(&timeline->published, 0, memory_order_release);
}
