/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/arena.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/units.h"
#include "replay/owners.h"

#include "core/banned.h"

static const struct rte_memzone *
reserve(uint64_t bytes, int numa)
{
	static _Atomic unsigned made;
	char name[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *zone;

	snprintf(name, sizeof(name), "replay_%u", atomic_fetch_add(&made, 1));
	zone = rte_memzone_reserve_aligned(name, bytes, numa, 0, TIMELINE_BLOCK_SIZE);
	if (!zone && numa != SOCKET_ID_ANY)
		zone = rte_memzone_reserve_aligned(name, bytes, SOCKET_ID_ANY, 0,
						   TIMELINE_BLOCK_SIZE);
	return zone;
}

static uint64_t
iova_of(const uint8_t *address)
{
	rte_iova_t iova = RTE_BAD_IOVA;

	if (rte_eal_iova_mode() != RTE_IOVA_VA)
		iova = rte_mem_virt2iova(address);
	/* Devices that have no use for physical addresses are all that such memory can be given to. */
	return iova == RTE_BAD_IOVA ? (uintptr_t)address : iova;
}

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
	timeline->iova = calloc(blocks, sizeof(*timeline->iova));
	timeline->blocks = aligned_alloc(64, blocks * sizeof(*timeline->blocks));
	if (!timeline->iova || !timeline->blocks)
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
	arena->zone = reserve(blocks * TIMELINE_BLOCK_SIZE, numa);
	if (!arena->zone) {
		*err = -rte_errno;
		snprintf(reason, size,
			 "%s of packet memory for its files is not to be had (%s); give it less "
			 "with `memory:`, or reserve more hugepages",
			 units_memory(blocks * TIMELINE_BLOCK_SIZE).text, rte_strerror(rte_errno));
		goto failed;
	}
	timeline->arena = arena->zone->addr;
	for (unsigned i = 0; i < blocks; i++) {
		timeline->iova[i] = iova_of(timeline->arena + i * TIMELINE_BLOCK_SIZE);
		atomic_init(&timeline->blocks[i].left, 0);
	}
	arena_clear(arena);
	*err = 0;
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
	if (arena->zone)
		rte_memzone_free(arena->zone);
	if (arena->timeline.entries)
		munmap(arena->timeline.entries, arena->entry_bytes);
	free(arena->timeline.blocks);
	free(arena->timeline.iova);
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
