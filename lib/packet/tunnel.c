/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/tunnel.h"

#include <netinet/in.h>
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>

#include "core/ethertype.h"
#include "packet/view.h"

#include "core/banned.h"

#define ETHER_HEADER 14
#define UDP_HEADER 8
#define READ_MAX 12

#define TYPE_LEAST 0x0600 /* below are lengths, IEEE 802.3 section 3.2.6 */

static uint16_t
number16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t
number24(const uint8_t *at)
{
	return at[0] << 16 | at[1] << 8 | at[2];
}

static uint32_t
number32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | number24(at + 1);
}

/* A few bytes of the frame; NULL when it ends before. */
static const uint8_t *
read_at(const struct tunnel_outside *outside, uint32_t offset, uint32_t length,
	uint8_t spare[READ_MAX])
{
	const struct rte_mbuf *packet = outside->packet;

	if (offset + length > outside->end)
		return NULL;
	if (likely(offset + length <= packet->data_len))
		return rte_pktmbuf_mtod_offset(packet, const uint8_t *, offset);
	return rte_pktmbuf_read(packet, offset, length, spare);
}

/* An Ethernet frame begins there. */
static bool
found_frame(const struct tunnel_outside *outside, uint32_t offset, struct tunnel *tunnel)
{
	tunnel->offset = offset;
	tunnel->ether_type = 0;
	return offset + ETHER_HEADER <= outside->end;
}

/* A packet of a type begins there. */
static bool
found_packet(const struct tunnel_outside *outside, uint32_t offset, uint16_t type,
	     struct tunnel *tunnel)
{
	tunnel->offset = offset;
	tunnel->ether_type = type;
	return offset < outside->end;
}

/* An IP packet does, of either version. */
static bool
found_ip(const struct tunnel_outside *outside, uint32_t offset, struct tunnel *tunnel)
{
	uint8_t spare[READ_MAX];
	const uint8_t *first = read_at(outside, offset, 1, spare);

	if (!first || (first[0] >> 4 != 4 && first[0] >> 4 != 6))
		return false;
	return found_packet(outside, offset, first[0] >> 4 == 4 ? TYPE_IPV4 : TYPE_IPV6, tunnel);
}

/* Whatever a protocol's type says. */
static bool
found_type(const struct tunnel_outside *outside, uint32_t offset, uint16_t type,
	   struct tunnel *tunnel)
{
	if (type == TYPE_BRIDGED)
		return found_frame(outside, offset, tunnel);
	return type >= TYPE_LEAST && found_packet(outside, offset, type, tunnel);
}

/* RFC 3032: labels of four bytes, the last of which has a bit set, and nothing that says what
 * follows them. Its first bits do: an IP header, or a control word (RFC 4385: 0, or 1 of a channel,
 * which has no packet; RFC 4448 section 4.6: 12 bits more that are 0), or else a frame without
 * one. */
static bool
find_mpls(const struct tunnel_outside *outside, struct tunnel *tunnel)
{
	uint8_t spare[READ_MAX];
	uint32_t offset = outside->link;
	const uint8_t *at = read_at(outside, offset, 4, spare);
	uint8_t first;

	tunnel->kind = TUNNEL_MPLS;
	tunnel->numbered = true;
	if (!at)
		return false;
	tunnel->id = number24(at) >> 4;
	while (!(at[2] & 1)) {
		offset += 4;
		at = read_at(outside, offset, 4, spare);
		if (!at)
			return false;
	}
	offset += 4;
	at = read_at(outside, offset, 1, spare);
	if (!at)
		return false;
	first = at[0];
	if ((first >> 4 == 4 && (first & 0xf) >= 5) || first >> 4 == 6)
		return found_ip(outside, offset, tunnel);
	at = read_at(outside, offset, 2, spare);
	if (at && at[0] == 0 && at[1] == 0)
		return found_frame(outside, offset + 4, tunnel);
	return first >> 4 != 1 && found_frame(outside, offset, tunnel);
}

/* RFC 7348 section 5: a flag says that the identifier is one. */
static bool
find_vxlan(const struct tunnel_outside *outside, uint32_t at, struct tunnel *tunnel)
{
	uint8_t spare[READ_MAX];
	const uint8_t *vxlan = read_at(outside, at, 8, spare);

	if (!vxlan || !(vxlan[0] & 0x08))
		return false;
	tunnel->kind = TUNNEL_VXLAN;
	tunnel->numbered = true;
	tunnel->id = number24(vxlan + 4);
	return found_frame(outside, at + 8, tunnel);
}

/* RFC 8926 section 3.4: version, length of the options in words, protocol. */
static bool
find_geneve(const struct tunnel_outside *outside, uint32_t at, struct tunnel *tunnel)
{
	uint8_t spare[READ_MAX];
	const uint8_t *geneve = read_at(outside, at, 8, spare);

	if (!geneve || geneve[0] >> 6 != 0)
		return false;
	tunnel->kind = TUNNEL_GENEVE;
	tunnel->numbered = true;
	tunnel->id = number24(geneve + 4);
	return found_type(outside, at + 8 + (geneve[0] & 0x3f) * 4, number16(geneve + 2), tunnel);
}

/* 3GPP TS 29.281 section 5: version 1, a user's packet; three optional fields of which one flag
 * suffices, and extension headers that count in words and take one at least. */
static bool
find_gtp_u(const struct tunnel_outside *outside, uint32_t at, struct tunnel *tunnel)
{
	uint8_t spare[READ_MAX];
	const uint8_t *gtp = read_at(outside, at, 8, spare), *word;
	uint8_t next;

	if (!gtp || gtp[0] >> 4 != 3 || gtp[1] != 0xff)
		return false;
	tunnel->kind = TUNNEL_GTP_U;
	tunnel->numbered = true;
	tunnel->id = number32(gtp + 4);
	at += 8;
	if ((gtp[0] & 7) == 0)
		return found_ip(outside, at, tunnel);
	next = gtp[0] & 4;
	word = read_at(outside, at, 4, spare);
	if (!word)
		return false;
	next = next ? word[3] : 0;
	at += 4;
	while (next) {
		word = read_at(outside, at, 1, spare);
		if (!word || word[0] == 0)
			return false;
		at += word[0] * 4;
		word = read_at(outside, at - 1, 1, spare);
		if (!word)
			return false;
		next = word[0];
	}
	return found_ip(outside, at, tunnel);
}

static bool
find_in_udp(const struct tunnel_outside *outside, struct tunnel *tunnel)
{
	uint8_t spare[READ_MAX];
	const uint8_t *udp = read_at(outside, outside->transport, UDP_HEADER, spare);
	uint32_t behind = outside->transport + UDP_HEADER;

	if (!udp)
		return false;
	switch (number16(udp + 2)) {
	case TUNNEL_PORT_VXLAN:
		return find_vxlan(outside, behind, tunnel);
	case TUNNEL_PORT_GENEVE:
		return find_geneve(outside, behind, tunnel);
	case TUNNEL_PORT_GTP_U:
		return find_gtp_u(outside, behind, tunnel);
	default:
		return false;
	}
}

/* draft-foschiano-erspan-03: type I has no header of its own, type II 8 bytes and a sequence, type
 * III 12 bytes, and 8 more when its last bit says so. */
static bool
find_erspan(const struct tunnel_outside *outside, uint32_t at, uint16_t protocol, bool sequence,
	    struct tunnel *tunnel)
{
	uint8_t spare[READ_MAX];
	bool third = protocol == TYPE_ERSPAN3;
	const uint8_t *erspan;

	tunnel->kind = TUNNEL_ERSPAN;
	if (!third && !sequence)
		return found_frame(outside, at, tunnel);
	erspan = read_at(outside, at, third ? 12 : 8, spare);
	if (!erspan || erspan[0] >> 4 != 1 + third)
		return false;
	tunnel->numbered = true;
	tunnel->id = number16(erspan + 2) & 0x3ff;
	if (!third)
		return found_frame(outside, at + 8, tunnel);
	at += 12 + (erspan[11] & 1) * 8;
	/* The type of what it carries: Ethernet, or IP. */
	switch (erspan[10] >> 2 & 0x1f) {
	case 0:
		return found_frame(outside, at, tunnel);
	case 2:
		return found_ip(outside, at, tunnel);
	default:
		return false;
	}
}

/* RFC 2784, RFC 2890: flags, version 0, protocol; checksum, key and sequence if their flags are
 * set. */
static bool
find_gre(const struct tunnel_outside *outside, struct tunnel *tunnel)
{
	uint8_t spare[READ_MAX];
	uint32_t at = outside->transport, key;
	const uint8_t *gre = read_at(outside, at, 4, spare);
	uint16_t protocol;
	uint8_t flags;

	/* Routing (RFC 1701) has a length of its own, and version 1 is PPTP's. */
	if (!gre || (gre[0] & 0x40) || (gre[1] & 7))
		return false;
	flags = gre[0];
	protocol = number16(gre + 2);
	key = at + 4 + !!(flags & 0x80) * 4;
	at = key + (!!(flags & 0x20) + !!(flags & 0x10)) * 4;
	if (at > outside->end)
		return false;
	if (protocol == TYPE_ERSPAN2 || protocol == TYPE_ERSPAN3)
		return find_erspan(outside, at, protocol, flags & 0x10, tunnel);
	tunnel->kind = TUNNEL_GRE;
	if (flags & 0x20) {
		tunnel->numbered = true;
		tunnel->id = number32(read_at(outside, key, 4, spare));
	}
	return found_type(outside, at, protocol, tunnel);
}

/* RFC 2003, RFC 4213, RFC 2473: whichever version is in whichever. */
static bool
find_ipip(const struct tunnel_outside *outside, struct tunnel *tunnel)
{
	tunnel->kind = TUNNEL_IPIP;
	return found_ip(outside, outside->transport, tunnel) &&
	       tunnel->ether_type == (outside->protocol == IPPROTO_IPIP ? TYPE_IPV4 : TYPE_IPV6);
}

/* RFC 2516 section 5, RFC 1661 section 2: six bytes, and the protocol of PPP. */
static bool
find_pppoe(const struct tunnel_outside *outside, struct tunnel *tunnel)
{
	uint8_t spare[READ_MAX];
	const uint8_t *at = read_at(outside, outside->link, 8, spare);

	tunnel->kind = TUNNEL_PPPOE;
	if (!at || at[0] != 0x11 || at[1] != 0)
		return false;
	if (number16(at + 6) == 0x0021)
		return found_packet(outside, outside->link + 8, TYPE_IPV4, tunnel);
	return number16(at + 6) == 0x0057 &&
	       found_packet(outside, outside->link + 8, TYPE_IPV6, tunnel);
}

static bool
find(const struct tunnel_outside *outside, struct tunnel *tunnel)
{
	if (outside->ether_type == TYPE_MPLS || outside->ether_type == TYPE_MPLS_MULTICAST)
		return find_mpls(outside, tunnel);
	if (outside->ether_type == TYPE_PPPOE)
		return find_pppoe(outside, tunnel);
	if (outside->transport == 0)
		return false;
	switch (outside->protocol) {
	case IPPROTO_UDP:
		return find_in_udp(outside, tunnel);
	case IPPROTO_GRE:
		return find_gre(outside, tunnel);
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return find_ipip(outside, tunnel);
	default:
		return false;
	}
}

bool
tunnel_find(const struct tunnel_outside *outside, struct tunnel *tunnel)
{
	*tunnel = (struct tunnel){0};
	if (find(outside, tunnel))
		return true;
	tunnel->kind = TUNNEL_NONE;
	return false;
}
