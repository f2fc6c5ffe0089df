/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/view.h"

#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <stdbool.h>
#include <string.h>

#include "core/ethertype.h"
#include "packet/common.h"

#include "core/banned.h"

#define ETHER_HEADER 14
#define TAGS_MAX 2

#define IPV4_HEADER_MIN 20
#define IPV6_HEADER 40
#define EXTENSION_FIXED 8 /* octets that every extension header has, RFC 8200 section 4 */
#define PORTS_LENGTH 4

/* Protocol numbers, IANA "Assigned Internet Protocol Numbers". */
enum {
	PROTO_HOP_BY_HOP = 0,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_AH = 51,
	PROTO_DESTINATION = 60,
	PROTO_SCTP = 132,
	PROTO_MOBILITY = 135,
	PROTO_HIP = 139,
	PROTO_SHIM6 = 140,
};

/* Packets ahead of the one being parsed whose headers are fetched: about the latency of L3. */
#define PREFETCH_AHEAD 4

static inline bool
has_ports(uint8_t protocol)
{
	return (protocol == PROTO_TCP) | (protocol == PROTO_UDP) | (protocol == PROTO_SCTP);
}

/* A few header bytes wherever they lie; NULL when the frame ends before. */
static inline const uint8_t *
header_at(const struct rte_mbuf *packet, uint32_t offset, uint32_t length, uint8_t *spare)
{
	if (likely(offset + length <= packet->data_len))
		return rte_pktmbuf_mtod_offset(packet, const uint8_t *, offset);
	return rte_pktmbuf_read(packet, offset, length, spare);
}

static void
parse_ports(const struct rte_mbuf *packet, uint32_t offset, struct packet_view *view,
	    enum packet_kind kind)
{
	uint8_t spare[PORTS_LENGTH];
	const uint8_t *ports;

	view->l4_offset = offset;
	if (!has_ports(view->protocol))
		return;
	ports = header_at(packet, offset, PORTS_LENGTH, spare);
	if (!ports)
		return;
	memcpy(&view->src_port, ports, PORTS_LENGTH);
	view->kind = kind;
}

static void
parse_ipv4(const struct rte_mbuf *packet, uint32_t offset, struct packet_view *view)
{
	uint8_t spare[IPV4_HEADER_MIN];
	const uint8_t *header = header_at(packet, offset, IPV4_HEADER_MIN, spare);
	uint32_t header_length, fragment;

	if (!header || header[0] >> 4 != 4)
		return;
	header_length = (header[0] & 0xf) * 4;
	if (header_length < IPV4_HEADER_MIN || offset + header_length > packet->pkt_len)
		return;
	memcpy(&view->src4, header + 12, 8);
	view->protocol = header[9];
	view->kind = PACKET_IPV4;
	view->l3_offset = offset;
	fragment = header[6] << 8 | header[7];
	view->fragment = (fragment & 0x3fff) != 0;
	if ((fragment & 0x1fff) == 0)
		parse_ports(packet, offset + header_length, view, PACKET_IPV4_PORTS);
}

static bool
is_extension(uint8_t protocol)
{
	switch (protocol) {
	case PROTO_HOP_BY_HOP:
	case PROTO_ROUTING:
	case PROTO_FRAGMENT:
	case PROTO_AH:
	case PROTO_DESTINATION:
	case PROTO_MOBILITY:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return true;
	default:
		return false;
	}
}

static void
parse_ipv6(const struct rte_mbuf *packet, uint32_t offset, struct packet_view *view)
{
	uint8_t spare[IPV6_HEADER];
	const uint8_t *header = header_at(packet, offset, IPV6_HEADER, spare);
	uint8_t protocol;

	if (!header || header[0] >> 4 != 6)
		return;
	memcpy(view->src6, header + 8, 16);
	memcpy(view->dst6, header + 24, 16);
	view->kind = PACKET_IPV6_BARE;
	view->l3_offset = offset;
	protocol = header[6];
	offset += IPV6_HEADER;

	/* Each header moves on by 8 octets or more, so the frame's length bounds the walk. */
	while (is_extension(protocol)) {
		const uint8_t *extension = header_at(packet, offset, EXTENSION_FIXED, spare);
		uint8_t type = protocol;

		if (!extension)
			return;
		protocol = extension[0];
		if (type == PROTO_FRAGMENT) { /* RFC 8200 section 4.5 */
			uint32_t fragment = extension[2] << 8 | extension[3];

			view->fragment |= (fragment & 0xfff9) != 0;
			if (fragment & 0xfff8) {
				view->protocol = protocol;
				view->kind = PACKET_IPV6;
				return;
			}
			offset += EXTENSION_FIXED;
		} else if (type == PROTO_AH) { /* RFC 4302 section 2.2 */
			offset += (extension[1] + 2) * 4;
		} else {
			offset += (extension[1] + 1) * 8;
		}
	}
	view->protocol = protocol;
	view->kind = PACKET_IPV6;
	parse_ports(packet, offset, view, PACKET_IPV6_PORTS);
}

static bool
is_tag(uint16_t ether_type)
{
	return ether_type == RTE_BE16(0x8100) || ether_type == RTE_BE16(0x88a8) ||
	       ether_type == RTE_BE16(0x9100);
}

static void
parse_type(const struct rte_mbuf *packet, uint32_t offset, struct packet_view *view)
{
	view->kind = PACKET_OTHER;
	if (view->ether_type == RTE_BE16(TYPE_IPV4))
		parse_ipv4(packet, offset, view);
	else if (view->ether_type == RTE_BE16(TYPE_IPV6))
		parse_ipv6(packet, offset, view);
}

/* offset: behind the Ethernet header. */
static __rte_noinline void
parse_any(const struct rte_mbuf *packet, uint32_t offset, uint16_t in_port,
	  struct packet_view *view)
{
	uint8_t spare[4];
	const uint8_t *at;

	memset(view, 0, sizeof(*view));
	view->vlan = PACKET_NO_VLAN;
	view->in_port = rte_cpu_to_be_16(in_port);
	at = header_at(packet, offset - 2, 2, spare);
	if (!at)
		return;
	memcpy(&view->ether_type, at, 2);
	for (unsigned tags = 0; tags < TAGS_MAX && is_tag(view->ether_type); tags++) {
		at = header_at(packet, offset, 2, spare);
		if (!at)
			break; /* no whole tag: its type is the last thing there is */
		/* The identifier is the low 12 bits, IEEE 802.1Q section 9.6. */
		if (tags == 0)
			view->vlan = rte_cpu_to_be_16((at[0] << 8 | at[1]) & 0xfff);
		at = header_at(packet, offset + 2, 2, spare);
		if (!at) {
			view->ether_type = 0;
			return;
		}
		memcpy(&view->ether_type, at, 2);
		offset += 4;
	}
	parse_type(packet, offset, view);
}

void
packet_parse_inner(const struct rte_mbuf *packet, uint32_t offset, uint16_t ether_type,
		   struct packet_view *view)
{
	if (ether_type == 0) {
		parse_any(packet, offset + ETHER_HEADER, 0, view);
		return;
	}
	memset(view, 0, sizeof(*view));
	view->vlan = PACKET_NO_VLAN;
	view->ether_type = ether_type;
	parse_type(packet, offset, view);
}

unsigned
packet_parse(struct rte_mbuf *const *packets, unsigned count, uint16_t in_port,
	     struct packet_view *views)
{
	struct packet_common common = packet_common_make(in_port);
	unsigned kinds = 0;

	for (unsigned i = 0; i < count && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(packets[i], void *));
	for (unsigned i = 0; i < count; i++) {
		const struct rte_mbuf *packet = packets[i];
		const uint8_t *frame;

		if (i + PREFETCH_AHEAD < count)
			rte_prefetch0(rte_pktmbuf_mtod(packets[i + PREFETCH_AHEAD], void *));
		frame = rte_pktmbuf_mtod(packet, const uint8_t *);
		if (likely(packet_is_common(frame, packet->data_len)))
			packet_common_fill(frame, &common, &views[i]);
		else
			parse_any(packet, ETHER_HEADER, in_port, &views[i]);
		kinds |= views[i].kind;
	}
	return kinds;
}
