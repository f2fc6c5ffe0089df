/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * View: what parsing found in one packet's headers. Fields stand in network byte order and at
 * offsets that rte_acl and the flow cache read as they are: nothing is swapped for a look-up.
 *
 * Meaning of the fields as an operator's match keys have it: up to two VLAN tags are looked through
 * and `vlan` is the outermost; an IP header counts when its version is right and it lies whole in
 * the frame (IPv4, RFC 791 section 3.1: header length of 20 or more; total length not judged);
 * ports are those of TCP, UDP and SCTP and count when all four bytes lie in the frame; a later
 * fragment has none. An IPv6 extension header (RFC 8200 section 4) counts when its first eight
 * octets, which say what follows and where, lie in the frame.
 */
#ifndef PACKET_VIEW_H
#define PACKET_VIEW_H

#include <stdint.h>

struct rte_mbuf;

/* Which fields a packet has. Each kind has a classifier table of its own, so that a field which a
 * packet lacks can't match. */
enum packet_kind {
	PACKET_RUNT,  /* the frame ends before an ether_type; vlan alone, if even that */
	PACKET_OTHER, /* no IP header that counts: ether_type and vlan alone */
	PACKET_IPV4,  /* addresses and protocol, no ports */
	PACKET_IPV4_PORTS,
	PACKET_IPV6_BARE, /* addresses; the chain of extension headers ends outside the frame */
	PACKET_IPV6,      /* addresses and protocol, no ports */
	PACKET_IPV6_PORTS,
	PACKET_KINDS
};

/* What only the kinds with IPv6 addresses, the wide ones, have in their number. */
#define PACKET_WIDE 4

#define PACKET_NO_VLAN 0xffff

struct packet_view {
	/* The first 24 bytes are the flow cache's narrow key; what a kind lacks is 0 (vlan:
	 * 0xffff). */
	uint32_t src4, dst4;         /* IPv4 addresses, network order; 0 in IPv6 */
	uint16_t src_port, dst_port; /* network order */
	uint16_t vlan;       /* outermost VLAN identifier, network order; 0xffff without a tag */
	uint16_t in_port;    /* the config's index of the port, network order */
	uint16_t ether_type; /* behind the tags, network order */
	uint8_t protocol;
	uint8_t kind;   /* enum packet_kind */
	uint32_t epoch; /* the flow cache's own; parsing writes 0 */

	/* Bytes from the frame's start; 0 when there is no such header. */
	uint16_t l3_offset, l4_offset;
	uint8_t fragment; /* 1: first or later fragment of a datagram */
	uint8_t reserved[3];

	uint8_t src6[16], dst6[16]; /* valid in the IPv6 kinds */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct packet_view) == 64, "one view, one cache line");

_Static_assert(PACKET_IPV4_PORTS < PACKET_WIDE && (PACKET_IPV6_BARE & PACKET_WIDE) != 0 &&
		       (PACKET_IPV6 & PACKET_WIDE) != 0 && (PACKET_IPV6_PORTS & PACKET_WIDE) != 0,
	       "one bit tells kinds with IPv6 addresses");

/* Parses count packets that all came in on in_port (the config's index) into views. Returns their
 * kinds, or-ed. */
unsigned packet_parse(struct rte_mbuf *const *packets, unsigned count, uint16_t in_port,
		      struct packet_view *views);

/* Parses what lies in a packet from offset on: an Ethernet frame, or, where ether_type (network
 * order) is not 0, what follows the header of one. Offsets in the view are from the packet's start;
 * in_port is 0. */
void packet_parse_inner(const struct rte_mbuf *packet, uint32_t offset, uint16_t ether_type,
			struct packet_view *view);

/* A hash of the flow, all 32 bits of it good: equal for both directions, and equal for all
 * fragments of a datagram (the addresses alone for those). Without IP: of the two MAC addresses. */
uint32_t packet_flow_hash(const struct rte_mbuf *packet, const struct packet_view *view);

/* That of two MAC addresses, as they stand in a frame. */
uint32_t packet_macs_hash(const uint8_t macs[12]);

#endif
