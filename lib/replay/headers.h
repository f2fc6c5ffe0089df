/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headers: mbufs without packet memory of their own, made to point at packets in a replay's arena.
 * They are external buffers in DPDK's sense; the shared info that such a buffer needs lies behind
 * each mbuf, so that its count is never more than one and never shared by two cores, however often
 * a packet is sent.
 *
 * Of a resident replay the mbufs come from a pool that DPDK takes for one of pinned buffers: giving
 * one back then takes two loads and no call. Of a streaming one a callback takes the packet off its
 * block. Nobody may clone these mbufs (a clone would outlive the shared info); a mirror is a
 * reference.
 */
#ifndef REPLAY_HEADERS_H
#define REPLAY_HEADERS_H

#include <rte_mbuf.h>

#include "replay/timeline.h"

/* Makes a pool of count mbufs for packets of a timeline, which must outlive it. cache as in
 * rte_mempool_create. NULL on failure, with rte_errno. Control thread. */
struct rte_mempool *headers_make(const char *name, unsigned count, unsigned cache, int numa,
				 struct timeline *timeline);

/* Whether every mbuf is back. Control thread. */
bool headers_are_back(const struct rte_mempool *headers);

/* Takes one packet off its block, as freeing its mbuf does: for a packet that is not sent. */
static inline void
headers_release(struct timeline *timeline, uint64_t offset)
{
	atomic_fetch_sub_explicit(&timeline->blocks[offset >> DISK_BLOCK_SHIFT].left, 1,
				  memory_order_release);
}

/* Chains zeros, of which there are enough in one piece, behind a packet that is to leave with so
 * many bytes. False when no mbuf is left for them. Worker. */
bool headers_pad(struct rte_mempool *headers, struct rte_mbuf *packet, uint16_t length,
		 uint8_t *zeros, rte_iova_t zeros_iova);

/* Points an mbuf of the pool at a packet. Worker. */
static inline void
headers_point(struct rte_mbuf *header, const struct timeline *timeline, uint64_t offset,
	      uint16_t length)
{
	header->buf_addr = timeline->arena + offset;
	header->buf_iova =
		timeline->iova[offset >> DISK_BLOCK_SHIFT] + (offset & (DISK_BLOCK_SIZE - 1));
	header->buf_len = length;
	header->data_off = 0;
	header->data_len = length;
	header->pkt_len = length;
	header->ol_flags = RTE_MBUF_F_EXTERNAL;
	rte_mbuf_ext_refcnt_set(header->shinfo, 1);
}

#endif
