/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mbufs without a pool, for code that only reads packets: segments over bytes that the caller keeps.
 */
#ifndef TESTS_FAKE_MBUF_H
#define TESTS_FAKE_MBUF_H

#include <rte_mbuf.h>
#include <string.h>

/* Makes count segments, of which segment i ends before byte ends[i] of the frame (the last at length). */
static inline void
fake_mbuf_chain(struct rte_mbuf *segments, unsigned count, const uint8_t *frame,
		const uint32_t *ends, uint32_t length)
{
	uint32_t start = 0;

	memset(segments, 0, count * sizeof(*segments));
	for (unsigned i = 0; i < count; i++) {
		uint32_t end = i + 1 < count ? ends[i] : length;

		segments[i].buf_addr = (void *)(uintptr_t)(frame + start);
		segments[i].data_len = end - start;
		segments[i].buf_len = end - start;
		segments[i].next = i + 1 < count ? &segments[i + 1] : NULL;
		segments[i].refcnt = 1;
		start = end;
	}
	segments[0].nb_segs = count;
	segments[0].pkt_len = length;
}

static inline void
fake_mbuf(struct rte_mbuf *packet, const uint8_t *frame, uint32_t length)
{
	fake_mbuf_chain(packet, 1, frame, NULL, length);
}

#endif
