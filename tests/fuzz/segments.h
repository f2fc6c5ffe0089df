/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frame of any bytes, whole and in segments, in memory that ends where it does.
 */
#ifndef TESTS_SEGMENTS_H
#define TESTS_SEGMENTS_H

#include <stdlib.h>

#include "../unit/fake_mbuf.h"

#define SEGMENTS 4
#define CUTS (SEGMENTS - 1)
#define INPUT_MAX 60000

struct segmented {
	struct rte_mbuf whole, segments[SEGMENTS];
	uint8_t *frame; /* the caller frees it */
	uint32_t length;
};

/* Of more than CUTS bytes and at most INPUT_MAX the first say where segments end; the others are the frame. */
static inline void
segment(const uint8_t *data, size_t size, struct segmented *made)
{
	uint32_t ends[CUTS], low = 0;

	made->length = size - CUTS;
	for (unsigned i = 0; i < CUTS; i++) {
		low += data[i] % (made->length - low + 1);
		ends[i] = low;
	}
	made->frame = malloc(made->length);
	memcpy(made->frame, data + CUTS, made->length);
	fake_mbuf(&made->whole, made->frame, made->length);
	fake_mbuf_chain(made->segments, SEGMENTS, made->frame, ends, made->length);
}

#endif
