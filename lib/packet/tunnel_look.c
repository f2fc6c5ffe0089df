/* SPDX-License-Identifier: BSD-3-Clause */
/* Tunnels of packets that have a view. */
#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <string.h>

#include "core/ethertype.h"
#include "packet/common.h"
#include "packet/tunnel.h"
#include "packet/view.h"

#include "core/banned.h"

#define ETHER_HEADER 14
#define TAG 4
#define UDP_HEADER 8
#define TUNNEL_HEADER 8 /* of VXLAN, of Geneve without options, of GTP-U without any */

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

/* Finds the tunnel of a frame with the common headers, where no more than its first bytes need be
 * read for it. False: it has another, or none. */
static inline bool
find_common(const uint8_t *frame, uint32_t length, struct tunnel *tunnel)
{
	const uint8_t *at = frame + COMMON_L4 + UDP_HEADER;
	uint32_t word;

	if (length < COMMON_L4 + UDP_HEADER + TUNNEL_HEADER)
		return false;
	memcpy(&word, at + 4, sizeof(word));
	word = rte_be_to_cpu_32(word);
	*tunnel = (struct tunnel){
		.offset = COMMON_L4 + UDP_HEADER + TUNNEL_HEADER,
		.id = word >> 8,
		.numbered = true,
	};
	switch (frame[COMMON_L4 + 2] << 8 | frame[COMMON_L4 + 3]) {
	case TUNNEL_PORT_VXLAN:
		tunnel->kind = TUNNEL_VXLAN;
		return at[0] & 0x08;
	case TUNNEL_PORT_GENEVE:
		tunnel->kind = TUNNEL_GENEVE;
		tunnel->offset += (at[0] & 0x3f) * 4;
		return at[0] >> 6 == 0 && at[2] == TYPE_BRIDGED >> 8 &&
		       at[3] == (TYPE_BRIDGED & 0xff);
	case TUNNEL_PORT_GTP_U:
		tunnel->kind = TUNNEL_GTP_U;
		tunnel->id = word;
		tunnel->ether_type = COMMON_TYPE;
		return at[0] == 0x30 && at[1] == 0xff;
	default:
		return false;
	}
}

/* The same as tunnel_look for a packet with common headers outside and inside, and with a view for
 * it. False: it has to be looked at again. */
static inline bool
look_common(const struct rte_mbuf *packet, const struct packet_common *outside,
	    const struct packet_common *inside, struct packet_view *view, struct tunnel *tunnel,
	    struct packet_view *inner)
{
	const uint8_t *frame = rte_pktmbuf_mtod(packet, const uint8_t *);
	uint32_t length = packet->data_len, at;

	if (!packet_is_common(frame, length) || frame[COMMON_PROTOCOL] != IPPROTO_UDP ||
	    !find_common(frame, length, tunnel) || tunnel->offset > length)
		return false;
	at = tunnel->offset;
	if (tunnel->ether_type) {
		/* As if there were an Ethernet header. */
		at -= COMMON_L3;
		if (!packet_is_common_as(frame + at, length - at, false))
			return false;
	} else if (!packet_is_common(frame + at, length - at)) {
		return false;
	}
	packet_common_fill(frame, outside, view);
	packet_common_fill(frame + at, inside, inner);
	inner->l3_offset = at + COMMON_L3;
	inner->l4_offset = at + COMMON_L4;
	return true;
}

static __rte_noinline bool
look_any(struct rte_mbuf *packet, uint16_t in_port, struct packet_view *view, struct tunnel *tunnel,
	 struct packet_view *inner)
{
	packet_parse(&packet, 1, in_port, view);
	return tunnel_look(packet, view, NULL, tunnel, inner);
}

uint32_t
tunnel_enter(struct rte_mbuf *const *packets, uint32_t some, uint16_t in_port,
	     struct packet_view *views, struct tunnel *tunnels, struct packet_view *inner)
{
	struct packet_common outside = packet_common_make(in_port), inside = packet_common_make(0);
	uint32_t found = 0;

	/* The headers inside begin in the first line and go on in the second. */
	for (uint32_t left = some; left; left &= left - 1) {
		const struct rte_mbuf *packet = packets[__builtin_ctz(left)];

		rte_prefetch0(rte_pktmbuf_mtod_offset(packet, const uint8_t *, 64));
	}
	for (uint32_t left = some; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);

		found |=
			(uint32_t)(look_common(packets[i], &outside, &inside, &views[i],
					       &tunnels[i], &inner[i]) ||
				   look_any(packets[i], in_port, &views[i], &tunnels[i], &inner[i]))
			<< i;
	}
	return found;
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
