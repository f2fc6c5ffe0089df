/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ring: packets from one worker to a capture's writer, in batches: what a burst gave at one time.
 * Neither waits for the other. Single producer, single consumer. For this room alone.
 */
#ifndef RECORDER_RING_H
#define RECORDER_RING_H

#include <rte_mbuf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "port/memory.h"
#include "stage/burst.h"

/* Words that a batch has in front of those of its packets. */
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
	/* Both read these. There are words for the limit, however few packets a batch has. */
	uint64_t *words;
	uint64_t mask;
	uint32_t limit; /* packets that may be in it */
	/* The worker's: packets since the beginning, the word that is next, what it last knew of
	 * taken, and packets for which there was no room, by tally_count. */
	_Atomic uint64_t put __attribute__((aligned(64)));
	uint64_t put_at, seen, full;
	/* The writer's, likewise. */
	_Atomic uint64_t taken __attribute__((aligned(64)));
	uint64_t taken_at;
};

/* For so many packets. False: no memory. */
bool recorder_ring_make(struct recorder_ring *ring, uint32_t limit);
void recorder_ring_free(struct recorder_ring *ring);

/* Worker: how many packets of a batch there is room for, of so many. */
static inline unsigned
recorder_ring_room(struct recorder_ring *ring, unsigned wanted)
{
	uint64_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
	uint64_t room = ring->seen + ring->limit - put;

	if (room < wanted) {
		ring->seen = atomic_load_explicit(&ring->taken, memory_order_acquire);
		room = ring->seen + ring->limit - put;
	}
	return room < wanted ? (unsigned)room : wanted;
}

/* Worker: head->count packets, from 1 to what there is room for. */
static inline void
recorder_ring_put(struct recorder_ring *ring, const struct recorder_head *head,
		  struct rte_mbuf *const *packets, const uint8_t *from)
{
	uint64_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
	uint64_t at = ring->put_at;

#define RECORDER_WORD(n) ring->words[(n)&ring->mask]
	RECORDER_WORD(at) = head->time_ns;
	RECORDER_WORD(at + 1) = head->id;
	RECORDER_WORD(at + 2) = (uint64_t)head->marked << 32 | head->slot << 8 | head->count;
	at += RECORDER_RING_HEAD;
	for (unsigned i = 0; i < head->count; i++)
		RECORDER_WORD(at + i) = (uint64_t)(uintptr_t)packets[i] | from[i];
	ring->put_at = at + head->count;
	atomic_store_explicit(&ring->put, put + head->count, memory_order_release);
}

/* Writer: when the next batch came in; UINT64_MAX: there is none before `end`, a value of put. */
static inline uint64_t
recorder_ring_time(const struct recorder_ring *ring, uint64_t end)
{
	uint64_t taken =
		atomic_load_explicit(&((struct recorder_ring *)ring)->taken, memory_order_relaxed);

	return taken == end ? UINT64_MAX : RECORDER_WORD(ring->taken_at);
}

/* Writer: takes it out; there is one. */
static inline void
recorder_ring_take(struct recorder_ring *ring, struct recorder_batch *batch)
{
	uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
	uint64_t at = ring->taken_at, word = RECORDER_WORD(at + 2);

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
	ring->taken_at = at + batch->head.count;
	atomic_store_explicit(&ring->taken, taken + batch->head.count, memory_order_release);
}

#endif
