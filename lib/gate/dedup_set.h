/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Set: a place of a dedup's table, two lines of the cache. A packet belongs in one of them; where
 * that is full of such as are still within the window it lies in the other, and where both are the
 * oldest makes room.
 */
#ifndef GATE_DEDUP_SET_H
#define GATE_DEDUP_SET_H

#include <stdint.h>

#include "config/config.h"

#define DEDUP_LINE_SLOTS 4
#define DEDUP_SLOTS (2 * DEDUP_LINE_SLOTS) /* of a set */

/* The lowest bits of a line's first tag are not of the tag, and 0 in the others. The set is a
 * worker's, where there are several: its first line says so. And of the packets that belong in this
 * line some may lie in the other. */
#define DEDUP_TAKEN UINT64_C(1)
#define DEDUP_SPILT UINT64_C(2)
#define DEDUP_MARKS (DEDUP_TAKEN | DEDUP_SPILT)

/* Of a tag: in which line its packet belongs. */
#define DEDUP_LINE UINT64_C(4)

/* 58 bits of nanoseconds are nine years. */
#define DEDUP_PORT_BITS 6
#define DEDUP_PORT_MASK ((UINT64_C(1) << DEDUP_PORT_BITS) - 1)

_Static_assert(CONFIG_PORTS_MAX <= 1 << DEDUP_PORT_BITS, "a port's slot");

/* Tags stand side by side, so that all are compared at once. */
struct dedup_line {
	uint64_t tags[DEDUP_LINE_SLOTS]; /* of digests; 0: never used */
	/* It passed: ns, and the slot of its port in the lowest DEDUP_PORT_BITS. */
	uint64_t whens[DEDUP_LINE_SLOTS];
} __attribute__((aligned(64)));

struct dedup_set {
	struct dedup_line lines[2];
} __attribute__((aligned(128)));

_Static_assert(sizeof(struct dedup_set) == 128, "two lines, which are fetched as one");

/* Others may look at any moment. */
static inline uint64_t
dedup_get(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void
dedup_put(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* ns; below 0 where it lies ahead, as times of captures may go backwards. Of now the port is left
 * out. */
static inline int64_t
dedup_age(uint64_t now, uint64_t when)
{
	return (int64_t)(now - (when & ~DEDUP_PORT_MASK)) >> DEDUP_PORT_BITS;
}

#endif
