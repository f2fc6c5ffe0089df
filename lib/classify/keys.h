/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys: those of a burst's packets, and the sets of the narrow cache that they belong into. They
 * are taken from the frames where they can be: most packets are found in the cache, and for those
 * no view need be written.
 */
#ifndef CLASSIFY_KEYS_H
#define CLASSIFY_KEYS_H

#include <rte_prefetch.h>

#include "classify/cache.h"
#include "stage/burst.h"

struct keys {
	uint64_t keys[BURST_MAX][2];
	struct cache_narrow *sets[BURST_MAX];
};

/* A key is there: finds its set, of the mask + 1 that are used, and fetches it. */
static inline void
keys_place(struct keys *keys, unsigned index, struct cache_narrow *cache, uint32_t mask)
{
	keys->sets[index] = &cache[cache_narrow_set(keys->keys[index], mask)];
	rte_prefetch0(keys->sets[index]);
}

/* The keys of a whole burst, which is not parsed by it. False when some packet's kind is a wide
 * one; the keys mean nothing then. */
bool keys_of_burst(struct keys *keys, struct burst *burst, struct cache_narrow *cache,
		   uint32_t mask);

#endif
