/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tunnel: the packet that is inside another one, and the number that the tunnel has. What a
 * tunnel's header says is read here alone, for rules that look inside as for edits that take a
 * tunnel off.
 *
 * A tunnel is found where its headers lie whole in the frame and a packet follows: a frame by its
 * 14 bytes, an IP packet by the version in its first byte, since it may be cut. A first fragment of
 * a datagram has one, later ones have none.
 */
#ifndef PACKET_TUNNEL_H
#define PACKET_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

struct packet_view;
struct rte_mbuf;

/* A packet has one of them at most: they differ in what announces them. */
enum tunnel_kind {
	TUNNEL_NONE,
	TUNNEL_MPLS,
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,
	TUNNEL_GRE, /* but with ERSPAN in it */
	TUNNEL_ERSPAN,
	TUNNEL_GTP_U,
	TUNNEL_IPIP,
	TUNNEL_PPPOE,
	TUNNEL_KINDS
};

#define TUNNEL_BIT(kind) (UINT32_C(1) << TUNNEL_##kind)

/* UDP's: RFC 7348 section 5, RFC 8926 section 3.3, 3GPP TS 29.281 section 4.4.2 */
#define TUNNEL_PORT_VXLAN 4789
#define TUNNEL_PORT_GENEVE 6081
#define TUNNEL_PORT_GTP_U 2152

struct tunnel {
	uint32_t offset;     /* of what is inside, from the packet's start */
	uint32_t id;         /* label, VNI, key, session or TEID */
	uint16_t ether_type; /* of the packet inside; 0: there is a frame */
	uint8_t kind;        /* enum tunnel_kind */
	bool numbered;       /* there is an id */
};

/* The headers outside, as they were found. Offsets are from the packet's start. */
struct tunnel_outside {
	const struct rte_mbuf *packet;
	uint32_t end;        /* of the frame, at most the packet's */
	uint32_t link;       /* where the link's header ends */
	uint32_t transport;  /* where IP's does; 0: there is none, or it is a later fragment */
	uint16_t ether_type; /* behind the tags */
	uint8_t protocol;
};

/* False, and kind is TUNNEL_NONE, where no packet is found. Worker. */
bool tunnel_find(const struct tunnel_outside *outside, struct tunnel *tunnel);

/* The same from a packet's view, or from that of what is inside the tunnel around; NULL: it is the
 * packet's own. The view of what is inside, see packet_parse_inner, is written where a tunnel is
 * found. PPPoE is none here: it has no ends to tell apart. Worker. */
bool tunnel_look(const struct rte_mbuf *packet, const struct packet_view *view,
		 const struct tunnel *around, struct tunnel *tunnel, struct packet_view *inner);

/* Parses some of the packets, by their bits, which came in on in_port (the config's index), and
 * looks into them as tunnel_look does. Returns the bits of those that have a tunnel. Of each packet
 * there is one view, tunnel and inner view. Worker. */
uint32_t tunnel_enter(struct rte_mbuf *const *packets, uint32_t some, uint16_t in_port,
		      struct packet_view *views, struct tunnel *tunnels, struct packet_view *inner);

/* A hash of the flow of what is inside, as packet_flow_hash has it; of what has no addresses of its
 * own, that of the packet around. Worker. */
uint32_t tunnel_flow_hash(const struct rte_mbuf *packet, const struct packet_view *view,
			  const struct tunnel *tunnel, const struct packet_view *inner);

/* The kinds of tunnels, by their bits, that a packet with such a view may have, not inside another
 * one: no other is certain. It looks at nothing of a view that is not in the flow cache's keys, so
 * that packets of one flow have the same. */
uint32_t tunnel_kinds(const struct packet_view *view);

/* Whether a frame, of which length bytes lie side by side, may have a tunnel: false is certain, and
 * what most frames are told by a few bytes of theirs. */
static inline bool
tunnel_may_be(const uint8_t *frame, uint32_t length)
{
	/* UDP's, GRE's and IP's protocols; what extends IPv6 is not looked through. */
	const uint64_t tunnels =
		UINT64_C(1) << 4 | UINT64_C(1) << 17 | UINT64_C(1) << 41 | UINT64_C(1) << 47;
	uint32_t port;

	if (length < 60)
		return true;
	if (frame[12] == 0x08 && frame[13] == 0x00) {
		if (frame[23] >= 64 || !(tunnels >> frame[23] & 1))
			return false;
		if (frame[23] != 17 || frame[14] != 0x45)
			return true;
		port = frame[36] << 8 | frame[37];
	} else if (frame[12] == 0x86 && frame[13] == 0xdd) {
		if (frame[20] == 6 || frame[20] == 58)
			return false;
		if (frame[20] != 17)
			return true;
		port = frame[56] << 8 | frame[57];
	} else {
		/* MPLS; tags, and what is behind them, are for others to see. */
		return frame[12] == 0x88 || frame[12] == 0x81 || frame[12] == 0x91;
	}
	return port == TUNNEL_PORT_VXLAN || port == TUNNEL_PORT_GENEVE || port == TUNNEL_PORT_GTP_U;
}

#endif
