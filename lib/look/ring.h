/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ring: records of any length from one worker to the control thread. Neither waits for the other:
 * what there is no room for is not written. Single producer, single consumer.
 */
#ifndef LOOK_RING_H
#define LOOK_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct look_ring {
	uint8_t *bytes;
	size_t size; /* a power of two */
	/* Bytes that were written and read since the beginning; each on a line of its writer's. */
	_Atomic uint64_t written __attribute__((aligned(64)));
	_Atomic uint64_t read __attribute__((aligned(64)));
};

/* Memory for size bytes, a power of two; it is brought in at once. -ENOMEM. */
int look_ring_init(struct look_ring *ring, size_t size);
void look_ring_fini(struct look_ring *ring);

/* Worker: room for length bytes in one piece, a multiple of 8; NULL: there is none. It counts as
 * written with look_ring_commit of the same length. */
void *look_ring_reserve(struct look_ring *ring, size_t length);
void look_ring_commit(struct look_ring *ring, size_t length);

/* Control thread: the next record, which begins with its length as a uint32_t, or NULL. It stays
 * until look_ring_drop of that length. */
const void *look_ring_peek(struct look_ring *ring);
void look_ring_drop(struct look_ring *ring, size_t length);

#endif
