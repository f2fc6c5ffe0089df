/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/fill.h"

#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "core/banned.h"

struct rte_mbuf *
packet_fill(struct rte_mempool *pool, const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool), *segment = packet;

	for (uint32_t left = length; segment; segment = segment->next) {
		uint32_t part = RTE_MIN(left, (uint32_t)rte_pktmbuf_tailroom(segment));

		rte_memcpy(rte_pktmbuf_mtod(segment, void *), bytes + length - left, part);
		segment->data_len = part;
		packet->pkt_len += part;
		left -= part;
		if (left == 0)
			return packet;
		segment->next = rte_pktmbuf_alloc(pool);
		packet->nb_segs += segment->next != NULL;
	}
	rte_pktmbuf_free(packet);
	return NULL;
}
