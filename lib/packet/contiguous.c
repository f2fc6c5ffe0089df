/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/contiguous.h"

#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "core/banned.h"

const uint8_t *
packet_contiguous(const struct rte_mbuf *packet, uint8_t *scratch, uint32_t size, uint32_t *length,
		  uint32_t *copied)
{
	uint32_t filled = 0;

	*copied = 0;
	if (packet->next == NULL) {
		*length = packet->data_len;
		return rte_pktmbuf_mtod(packet, const uint8_t *);
	}
	for (; packet && filled < size; packet = packet->next) {
		uint32_t part = RTE_MIN((uint32_t)packet->data_len, size - filled);

		rte_memcpy(scratch + filled, rte_pktmbuf_mtod(packet, const void *), part);
		filled += part;
	}
	*length = *copied = filled;
	return scratch;
}
