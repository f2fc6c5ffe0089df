/* SPDX-License-Identifier: BSD-3-Clause */
/* Tunnels of packets that have a view. */
#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <string.h>

#include "packet/tunnel.h"
#include "packet/view.h"

#include "core/banned.h"

#define ETHER_HEADER 14
#define TAG 4

#define TYPE_MPLS 0x8847
#define TYPE_MPLS_MULTICAST 0x8848
#define TYPE_PPPOE 0x8864

static bool
is_mpls(uint16_t ether_type)
{
	return ether_type == TYPE_MPLS || ether_type == TYPE_MPLS_MULTICAST;
}

static uint32_t
kinds_in_udp(uint16_t port)
{
	switch (port) {
	case TUNNEL_PORT_VXLAN:
		return TUNNEL_BIT(VXLAN);
	case TUNNEL_PORT_GENEVE:
		return TUNNEL_BIT(GENEVE);
	case TUNNEL_PORT_GTP_U:
		return TUNNEL_BIT(GTP_U);
	default:
		return 0;
	}
}

uint32_t
tunnel_kinds(const struct packet_view *view)
{
	if (view->kind < PACKET_IPV4)
		return is_mpls(rte_be_to_cpu_16(view->ether_type)) ? TUNNEL_BIT(MPLS) : 0;
	switch (view->protocol) {
	case IPPROTO_UDP:
		return kinds_in_udp(rte_be_to_cpu_16(view->dst_port));
	case IPPROTO_GRE:
		return TUNNEL_BIT(GRE) | TUNNEL_BIT(ERSPAN);
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return TUNNEL_BIT(IPIP);
	default:
		return 0;
	}
}

/* Where the header of a frame without IP ends that has MPLS. Its tags are whole. */
static uint32_t
end_of_link(const struct rte_mbuf *packet, const struct packet_view *view,
	    const struct tunnel *around)
{
	uint32_t base = around ? around->offset : 0, end = base + ETHER_HEADER;
	uint8_t spare[2];
	const uint8_t *type;

	if (around && around->ether_type)
		return base;
	if (view->vlan == PACKET_NO_VLAN)
		return end;
	end += TAG;
	type = rte_pktmbuf_read(packet, end - 2, 2, spare);
	return type && memcmp(type, &view->ether_type, 2) != 0 ? end + TAG : end;
}

bool
tunnel_look(const struct rte_mbuf *packet, const struct packet_view *view,
	    const struct tunnel *around, struct tunnel *tunnel, struct packet_view *inner)
{
	struct tunnel_outside outside = {
		.packet = packet,
		.end = packet->pkt_len,
		.transport = view->l4_offset,
		.ether_type = rte_be_to_cpu_16(view->ether_type),
		.protocol = view->protocol,
	};

	if (outside.ether_type == TYPE_PPPOE)
		outside.ether_type = 0;
	if (is_mpls(outside.ether_type))
		outside.link = end_of_link(packet, view, around);
	if (!tunnel_find(&outside, tunnel))
		return false;
	packet_parse_inner(packet, tunnel->offset, rte_cpu_to_be_16(tunnel->ether_type), inner);
	return true;
}

uint32_t
tunnel_flow_hash(const struct rte_mbuf *packet, const struct packet_view *view,
		 const struct tunnel *tunnel, const struct packet_view *inner)
{
	uint8_t spare[12];
	const uint8_t *macs;

	if (inner->kind >= PACKET_IPV4)
		return packet_flow_hash(packet, inner);
	macs = tunnel->ether_type ? NULL : rte_pktmbuf_read(packet, tunnel->offset, 12, spare);
	return macs ? packet_macs_hash(macs) : packet_flow_hash(packet, view);
}
