/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taken: packets that came back, from the worker that took them to whoever matches them. A ring
 * with one writer, who waits for nobody, and one reader.
 */
#ifndef RETURNS_TAKEN_H
#define RETURNS_TAKEN_H

#include <rte_common.h>
#include <stdatomic.h>
#include <stdint.h>

#include "config/config.h"

#define TAKEN_ROOM CONFIG_RETURN_ROOM

struct taken_packet {
	struct rte_mbuf *packet;
	uint64_t at_ns; /* on the engine's clock */
	uint32_t slot;  /* of the port that it came in on */
};

struct taken {
	_Atomic uint64_t written __attribute__((aligned(64)));
	uint64_t read_seen;       /* the worker's */
	_Atomic uint64_t refused; /* packets for which there was no room */
	_Atomic uint64_t read __attribute__((aligned(64)));
	struct taken_packet packets[TAKEN_ROOM] __attribute__((aligned(64)));
};

/* Worker: how many of so many there is room for; the others count as refused. */
static inline uint16_t
taken_room(struct taken *taken, uint16_t count)
{
	uint64_t written = atomic_load_explicit(&taken->written, memory_order_relaxed);
	uint64_t room = taken->read_seen + TAKEN_ROOM - written;

	if (room >= count)
		return count;
	taken->read_seen = atomic_load_explicit(&taken->read, memory_order_acquire);
	room = RTE_MIN(taken->read_seen + TAKEN_ROOM - written, (uint64_t)count);
	if (room < count)
		atomic_store_explicit(&taken->refused,
				      atomic_load_explicit(&taken->refused, memory_order_relaxed) +
					      count - room,
				      memory_order_relaxed);
	return room;
}

/* Worker: as many as there is room for, at most. */
static inline void
taken_put(struct taken *taken, struct rte_mbuf *const *packets, uint16_t count, uint64_t at_ns,
	  uint32_t slot)
{
	uint64_t written = atomic_load_explicit(&taken->written, memory_order_relaxed);

	for (uint16_t i = 0; i < count; i++)
		taken->packets[(written + i) % TAKEN_ROOM] =
			(struct taken_packet){packets[i], at_ns, slot};
	atomic_store_explicit(&taken->written, written + count, memory_order_release);
}

/* Reader: up to where there are packets, and the next of these, or NULL; and it is done with. */
static inline uint64_t
taken_end(struct taken *taken)
{
	return atomic_load_explicit(&taken->written, memory_order_acquire);
}

static inline const struct taken_packet *
taken_peek(struct taken *taken, uint64_t end)
{
	uint64_t read = atomic_load_explicit(&taken->read, memory_order_relaxed);

	return read == end ? NULL : &taken->packets[read % TAKEN_ROOM];
}

static inline void
taken_drop(struct taken *taken)
{
	uint64_t read = atomic_load_explicit(&taken->read, memory_order_relaxed);

	atomic_store_explicit(&taken->read, read + 1, memory_order_release);
}

#endif
