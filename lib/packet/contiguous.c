/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/contiguous.h"

#include <rte_mbuf.h>

#include "packet/excerpt.h"

#include "core/banned.h"

const uint8_t *
packet_contiguous(const struct rte_mbuf *packet, uint8_t *scratch, uint32_t size, uint32_t *length,
		  uint32_t *copied)
{
	*copied = 0;
	if (packet->next == NULL) {
		*length = packet->data_len;
		return rte_pktmbuf_mtod(packet, const uint8_t *);
	}
	*length = *copied = packet_excerpt(packet, scratch, size);
	return scratch;
}
