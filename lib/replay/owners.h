/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owners: whose each entry of a timeline is, a byte each, so that a lane among others finds its own
 * eight at a time and never reads the entries between them.
 */
#ifndef REPLAY_OWNERS_H
#define REPLAY_OWNERS_H

#include <rte_byteorder.h>
#include <rte_common.h>
#include <string.h>

#include "replay/timeline.h"

#define OWNERS_STEP 8
#define OWNERS_BYTES(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Of eight owners, the bits of those that are the lane: bit i for the i-th. Lanes are less than 64,
 * so that no sum of a byte's difference and 0x7f carries into the next; the top bit stays clear
 * where they are equal. */
static inline unsigned
owners_match(const uint8_t *owners, unsigned lane)
{
	uint64_t word;

	memcpy(&word, owners, sizeof(word));
	word = (rte_le_to_cpu_64(word) ^ OWNERS_BYTES(lane)) + OWNERS_BYTES(0x7f);
	word = ~word & OWNERS_BYTES(0x80);
	/* Gathers the eight top bits in the top byte; no two of the products' bits meet. */
	return (word >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* Finds the lane's entries among the looks from `from` on: where they are, counted from there, goes
 * to own, which has room for max and OWNERS_STEP more. Stops behind max of them, and says in
 * *looked how many it looked at. Without a branch that depends on whose a packet is, as nothing
 * could foretell it. */
static inline unsigned
owners_find(const struct timeline *timeline, unsigned lane, uint64_t from, unsigned looks,
	    uint16_t *own, unsigned max, unsigned *looked)
{
	unsigned found = 0, at = 0;

	while (at < looks && found < max) {
		uint64_t place = (from + at) & timeline->mask;
		unsigned step = RTE_MIN(looks - at, (unsigned)OWNERS_STEP);
		unsigned bits;

		step = RTE_MIN(step, timeline->mask + 1 - place);
		/* Behind the ring's end stand bytes that are nobody's. */
		bits = owners_match(timeline->owners + place, lane) & ((1u << step) - 1);
		for (unsigned i = 0; i < OWNERS_STEP; i++) {
			own[found] = at + i;
			found += bits >> i & 1;
		}
		at += step;
	}
	if (found > max) {
		found = max;
		at = own[max - 1] + 1;
	}
	*looked = at;
	return found;
}

#endif
