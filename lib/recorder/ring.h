/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ring: packets from one worker to a capture's writer, in batches: what a burst gave at one time.
 * Neither waits for the other. Single producer, single consumer. For this room alone.
 */
#ifndef RECORDER_RING_H
#define RECORDER_RING_H

#include <rte_mbuf.h>
#include <stdatomic.h>
#include <stdint.h>

#include "port/memory.h"
#include "stage/burst.h"

/* A power of two. A batch takes a word a packet and RECORDER_RING_HEAD more. */
#define RECORDER_RING_WORDS CONFIG_CAPTURE_PACKETS
#define RECORDER_RING_HEAD 3

/* An mbuf lies on a cache line, so a word has room for which of its burst's it is. */
#define RECORDER_RING_FROM UINT64_C(63)
_Static_assert(BURST_MAX <= RECORDER_RING_FROM + 1 && __alignof__(struct rte_mbuf) == 64,
	       "as the words have it");

struct recorder_head {
	uint64_t time_ns; /* since the epoch */
	uint64_t id;      /* of the first packet of the burst, others follow; 0: they have none */
	uint32_t marked;  /* bits of packets that are triggers */
	uint8_t slot, count;
};

struct recorder_batch {
	struct recorder_head head;
	struct rte_mbuf *packets[BURST_MAX];
	uint8_t from[BURST_MAX]; /* which of the burst's each was */
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

	if (room < wanted + RECORDER_RING_HEAD) {
		ring->seen = atomic_load_explicit(&ring->read, memory_order_acquire);
		room = ring->seen + RECORDER_RING_WORDS - written;
	}
	if (room >= wanted + RECORDER_RING_HEAD)
		return wanted;
	return room > RECORDER_RING_HEAD ? (unsigned)room - RECORDER_RING_HEAD : 0;
}

/* Worker: head->count packets, from 1 to what there is room for. */
static inline void
recorder_ring_put(struct recorder_ring *ring, const struct recorder_head *head,
		  struct rte_mbuf *const *packets, const uint8_t *from)
{
	uint64_t at = atomic_load_explicit(&ring->written, memory_order_relaxed);

#define RECORDER_WORD(n) ring->words[(n) & (RECORDER_RING_WORDS - 1)]
	RECORDER_WORD(at) = head->time_ns;
	RECORDER_WORD(at + 1) = head->id;
	RECORDER_WORD(at + 2) = (uint64_t)head->marked << 32 | head->slot << 8 | head->count;
	at += RECORDER_RING_HEAD;
	for (unsigned i = 0; i < head->count; i++)
		RECORDER_WORD(at + i) = (uint64_t)(uintptr_t)packets[i] | from[i];
	atomic_store_explicit(&ring->written, at + head->count, memory_order_release);
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
	uint64_t word = RECORDER_WORD(at + 2);

	batch->head = (struct recorder_head){
		.time_ns = RECORDER_WORD(at),
		.id = RECORDER_WORD(at + 1),
		.marked = (uint32_t)(word >> 32),
		.slot = (uint8_t)(word >> 8),
		.count = (uint8_t)word,
	};
	at += RECORDER_RING_HEAD;
	for (unsigned i = 0; i < batch->head.count; i++) {
		word = RECORDER_WORD(at + i);
		batch->packets[i] = (struct rte_mbuf *)(uintptr_t)(word & ~RECORDER_RING_FROM);
		batch->from[i] = word & RECORDER_RING_FROM;
	}
	atomic_store_explicit(&ring->read, at + batch->head.count, memory_order_release);
}

#endif
