/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ring: packets from one worker to a capture's writer, in batches: what a burst gave at one time.
 * Neither waits for the other. Single producer, single consumer. For this room alone.
 */
#ifndef RECORDER_RING_H
#define RECORDER_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "port/memory.h"
#include "stage/burst.h"

/* A power of two. A batch takes a word a packet and two more. */
#define RECORDER_RING_WORDS CONFIG_CAPTURE_PACKETS

struct recorder_batch {
	uint64_t time_ns; /* since the epoch; 0: each packet has its own */
	uint32_t marked;  /* bits of packets that are triggers */
	uint8_t slot, count;
	struct rte_mbuf *packets[BURST_MAX];
};

struct recorder_ring {
	/* Words since the beginning; each on a line of its writer's. `seen` is what the producer
	 * last knew of read. full and held count packets, by tally_count. */
	_Atomic uint64_t written __attribute__((aligned(64)));
	uint64_t seen, full, held;
	_Atomic uint64_t read __attribute__((aligned(64)));
	uint64_t words[RECORDER_RING_WORDS] __attribute__((aligned(64)));
};

/* Worker: how many packets of a batch there is room for, of so many. */
static inline unsigned
recorder_ring_room(struct recorder_ring *ring, unsigned wanted)
{
	uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
	uint64_t room = ring->seen + RECORDER_RING_WORDS - written;

	if (room < wanted + 2) {
		ring->seen = atomic_load_explicit(&ring->read, memory_order_acquire);
		room = ring->seen + RECORDER_RING_WORDS - written;
	}
	if (room >= wanted + 2)
		return wanted;
	return room > 2 ? (unsigned)room - 2 : 0;
}

/* Worker: count of packets from 1 to what there is room for. */
static inline void
recorder_ring_put(struct recorder_ring *ring, uint64_t time_ns, unsigned slot, uint32_t marked,
		  struct rte_mbuf *const *packets, unsigned count)
{
	uint64_t at = atomic_load_explicit(&ring->written, memory_order_relaxed);

#define RECORDER_WORD(n) ring->words[(n) & (RECORDER_RING_WORDS - 1)]
	RECORDER_WORD(at) = time_ns;
	RECORDER_WORD(at + 1) = (uint64_t)marked << 32 | slot << 8 | count;
	at += 2;
	for (unsigned i = 0; i < count; i++)
		RECORDER_WORD(at + i) = (uint64_t)(uintptr_t)packets[i];
	atomic_store_explicit(&ring->written, at + count, memory_order_release);
}

/* Writer: when the next batch came in; UINT64_MAX: there is none before `end`. */
static inline uint64_t
recorder_ring_time(const struct recorder_ring *ring, uint64_t end)
{
	uint64_t at =
		atomic_load_explicit(&((struct recorder_ring *)ring)->read, memory_order_relaxed);

	return at == end ? UINT64_MAX : RECORDER_WORD(at);
}

/* Writer: takes it out; there is one. */
static inline void
recorder_ring_take(struct recorder_ring *ring, struct recorder_batch *batch)
{
	uint64_t at = atomic_load_explicit(&ring->read, memory_order_relaxed);
	uint64_t word = RECORDER_WORD(at + 1);

	batch->time_ns = RECORDER_WORD(at);
	batch->marked = (uint32_t)(word >> 32);
	batch->slot = (uint8_t)(word >> 8);
	batch->count = (uint8_t)word;
	at += 2;
	for (unsigned i = 0; i < batch->count; i++)
		batch->packets[i] = (struct rte_mbuf *)(uintptr_t)RECORDER_WORD(at + i);
	atomic_store_explicit(&ring->read, at + batch->count, memory_order_release);
}

#endif
