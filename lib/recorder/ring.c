/* SPDX-License-Identifier: BSD-3-Clause */
#include "recorder/ring.h"

#include <rte_common.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

bool
recorder_ring_make(struct recorder_ring *ring, uint32_t limit)
{
	uint64_t count = rte_align64pow2((uint64_t)limit * (1 + RECORDER_RING_HEAD));

	ring->words = aligned_alloc(64, count * sizeof(*ring->words));
	if (!ring->words)
		return false;
	/* Pages that are there: a worker waits for none. */
	memset(ring->words, 0, count * sizeof(*ring->words));
	ring->mask = count - 1;
	ring->limit = limit;
	return true;
}

void
recorder_ring_free(struct recorder_ring *ring)
{
	free(ring->words);
	ring->words = NULL;
}
