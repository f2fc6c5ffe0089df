/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/flow.h"

#include <rte_mbuf.h>

#include "core/banned.h"

uint32_t
packet_macs_hash(const uint8_t macs[12])
{
	return flow_join(flow_hash_address(macs + 6, 6, 0), flow_hash_address(macs, 6, 0));
}

uint32_t
packet_flow_hash(const struct rte_mbuf *packet, const struct packet_view *view)
{
	uint16_t src_port = view->fragment ? 0 : view->src_port;
	uint16_t dst_port = view->fragment ? 0 : view->dst_port;
	uint32_t src, dst;

	switch ((enum packet_kind)view->kind) {
	case PACKET_IPV4:
	case PACKET_IPV4_PORTS:
		src = flow_hash_address((const uint8_t *)&view->src4, 4, src_port);
		dst = flow_hash_address((const uint8_t *)&view->dst4, 4, dst_port);
		break;
	case PACKET_IPV6_BARE:
	case PACKET_IPV6:
	case PACKET_IPV6_PORTS:
		src = flow_hash_address(view->src6, 16, src_port);
		dst = flow_hash_address(view->dst6, 16, dst_port);
		break;
	default:
		if (packet->data_len < 12)
			return 0;
		return packet_macs_hash(rte_pktmbuf_mtod(packet, const uint8_t *));
	}
	return flow_join(src, dst);
}
