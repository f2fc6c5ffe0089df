/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/banned.h"

static int
map_common(struct store_ring *ring, uint64_t bytes)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	ring->bytes = memory;
	ring->mapped = bytes;
	return 0;
}

int
store_ring_make(struct store_ring *ring, const struct store_setup *setup, char *reason, size_t size)
{
	uint64_t memory = setup->memory > STORE_MEMORY_MIN ? setup->memory : STORE_MEMORY_MIN;
	unsigned pages = (unsigned)(memory / DISK_BLOCK_SIZE);
	int ret;

	*ring = (struct store_ring){
		.count = (unsigned)(pages * (DISK_BLOCK_SIZE / STORE_BLOCK_SIZE))};
	if (setup->offline) {
		ret = map_common(ring, pages * DISK_BLOCK_SIZE);
		if (ret < 0)
			snprintf(reason, size, "%s", strerror(-ret));
	} else {
		ret = disk_blocks_make(&ring->huge, pages, setup->numa, reason, size);
		ring->bytes = ring->huge.bytes;
	}
	if (ret < 0)
		return ret;
	ring->blocks = calloc(ring->count, sizeof(*ring->blocks));
	if (!ring->blocks) {
		store_ring_free(ring);
		snprintf(reason, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (unsigned i = 0; i < ring->count; i++)
		ring->blocks[i].bytes = ring->bytes + (size_t)i * STORE_BLOCK_SIZE;
	return 0;
}

void
store_ring_free(struct store_ring *ring)
{
	if (ring->mapped)
		munmap(ring->bytes, ring->mapped);
	disk_blocks_free(&ring->huge);
	free(ring->blocks);
	*ring = (struct store_ring){0};
}

struct store_block *
store_ring_begin(struct store_ring *ring)
{
	struct store_block *block;

	if (ring->head - ring->tail == ring->count)
		return NULL;
	block = store_ring_at(ring, ring->head++);
	block->used = block->packets = 0;
	block->closed = false;
	block->first_ns = UINT64_MAX;
	block->last_ns = 0;
	block->part = NULL;
	block->slots = 0;
	return block;
}

unsigned
store_ring_run(const struct store_ring *ring, uint32_t most, uint32_t *length)
{
	const struct store_block *first = store_ring_first(ring), *last = first;
	unsigned count = 1;

	*length = 0;
	if (!first || !first->closed || !first->part)
		return 0;
	*length = first->used;
	while (ring->tail + count < ring->head && last->used == STORE_BLOCK_SIZE) {
		const struct store_block *next = store_ring_at(ring, ring->tail + count);

		if (next != last + 1 || !next->closed || next->part != first->part ||
		    *length + next->used > most)
			break;
		*length += next->used;
		last = next;
		count++;
	}
	return count;
}
