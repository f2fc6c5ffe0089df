/* SPDX-License-Identifier: BSD-3-Clause */
#include "look/ring.h"

#include <errno.h>
#include <stdlib.h>

#include "core/populate.h"

#include "core/banned.h"

/* The length of what is not there: what follows begins at the start again. */
#define AROUND 0

int
look_ring_init(struct look_ring *ring, size_t size)
{
	*ring = (struct look_ring){.bytes = aligned_alloc(64, size), .size = size};
	if (!ring->bytes)
		return -ENOMEM;
	populate_memory(ring->bytes, size);
	return 0;
}

void
look_ring_fini(struct look_ring *ring)
{
	free(ring->bytes);
}

void *
look_ring_reserve(struct look_ring *ring, size_t length)
{
	uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
	uint64_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
	size_t place = written & (ring->size - 1), rest = ring->size - place;
	size_t skipped = rest < length ? rest : 0;

	if (ring->size - (written - read) < skipped + length)
		return NULL;
	if (skipped) {
		*(uint32_t *)(ring->bytes + place) = AROUND;
		atomic_store_explicit(&ring->written, written + skipped, memory_order_release);
		place = 0;
	}
	return ring->bytes + place;
}

void
look_ring_commit(struct look_ring *ring, size_t length)
{
	uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);

	atomic_store_explicit(&ring->written, written + length, memory_order_release);
}

const void *
look_ring_peek(struct look_ring *ring)
{
	for (;;) {
		uint64_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
		uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
		size_t place = read & (ring->size - 1);
		const uint32_t *length = (const uint32_t *)(ring->bytes + place);

		if (read == written)
			return NULL;
		if (*length != AROUND)
			return length;
		look_ring_drop(ring, ring->size - place);
	}
}

void
look_ring_drop(struct look_ring *ring, size_t length)
{
	uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);

	atomic_store_explicit(&ring->read, read + length, memory_order_release);
}
