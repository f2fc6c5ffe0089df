/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/excerpt.h"

#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "core/banned.h"

uint32_t
packet_excerpt(const struct rte_mbuf *packet, uint8_t *into, uint32_t size)
{
	uint32_t filled = 0;

	for (; packet && filled < size; packet = packet->next) {
		uint32_t part = RTE_MIN((uint32_t)packet->data_len, size - filled);

		rte_memcpy(into + filled, rte_pktmbuf_mtod(packet, const void *), part);
		filled += part;
	}
	return filled;
}
