/* SPDX-License-Identifier: BSD-3-Clause */
#include "edit/tunnel.h"

#include <netinet/in.h>
#include <stddef.h>

#include "edit/op.h"

#include "core/banned.h"

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define IPV4_HEADER 20
#define IPV6_HEADER 40

#define UDP_HEADER 8
/* RFC 7348 section 5, RFC 8926 section 3.3, 3GPP TS 29.281 section 4.4.2 */
#define PORT_VXLAN 4789
#define PORT_GENEVE 6081
#define PORT_GTP_U 2152

static uint16_t
number16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* An Ethernet frame begins there. */
static bool
found_frame(const struct frame *frame, uint32_t offset, struct edit_inside *inside)
{
	*inside = (struct edit_inside){.offset = offset};
	return offset + EDIT_ETHER <= frame->length;
}

/* An IP packet of a type begins there, or of the one that its version says. */
static bool
found_ip(const struct frame *frame, uint32_t offset, uint16_t type, struct edit_inside *inside)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *first = edit_read(frame, offset, 1, spare);
	unsigned version = first ? first[0] >> 4 : 0;

	*inside = (struct edit_inside){offset, version == 6 ? TYPE_IPV6 : TYPE_IPV4};
	if ((version != 4 && version != 6) || (type && type != inside->ether_type))
		return false;
	return offset + (version == 6 ? IPV6_HEADER : IPV4_HEADER) <= frame->length;
}

/* Whatever a protocol's type says. */
static bool
found_type(const struct frame *frame, uint32_t offset, uint16_t type, struct edit_inside *inside)
{
	if (type == 0x6558) /* transparent Ethernet bridging, RFC 1701 */
		return found_frame(frame, offset, inside);
	if (type == TYPE_IPV4 || type == TYPE_IPV6)
		return found_ip(frame, offset, type, inside);
	*inside = (struct edit_inside){offset, type};
	return (type == 0x8847 || type == 0x8848) && offset + 4 <= frame->length;
}

/* Where what a UDP port is for begins; 0: it is something else, or a part of it. */
static uint32_t
behind_udp(struct frame *frame, uint16_t port)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *udp;

	edit_layout(frame);
	if (!edit_has_ports(frame) || frame->protocol != IPPROTO_UDP || frame->fragment)
		return 0;
	udp = edit_read(frame, frame->l4, UDP_HEADER, spare);
	return udp && number16(udp + 2) == port ? frame->l4 + UDP_HEADER : 0;
}

/* RFC 3032: labels of four bytes, the last of which has a bit set; then IP, by its version, or, where there is 0 instead, a
 * frame behind a control word (RFC 4385). Each label takes four bytes of the frame. */
bool
edit_find_mpls(struct frame *frame, uint32_t link, struct edit_inside *inside)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *at = edit_read(frame, link - 2, 2, spare);
	bool last = false;

	if (!at || (number16(at) != 0x8847 && number16(at) != 0x8848))
		return false;
	for (; !last; link += 4) {
		at = edit_read(frame, link, 4, spare);
		if (!at)
			return false;
		last = at[2] & 1;
	}
	at = edit_read(frame, link, 4, spare);
	if (at && at[0] >> 4 == 0)
		return found_frame(frame, link + 4, inside);
	return found_ip(frame, link, 0, inside);
}

/* RFC 7348 section 5: a flag says that the identifier is one. */
bool
edit_find_vxlan(struct frame *frame, uint32_t link, struct edit_inside *inside)
{
	uint8_t spare[EDIT_READ_MAX];
	uint32_t at = behind_udp(frame, PORT_VXLAN);
	const uint8_t *vxlan = at ? edit_read(frame, at, 8, spare) : NULL;

	return vxlan && (vxlan[0] & 0x08) && found_frame(frame, at + 8, inside);
}

/* RFC 8926 section 3.4: version, length of the options in words, protocol. */
bool
edit_find_geneve(struct frame *frame, uint32_t link, struct edit_inside *inside)
{
	uint8_t spare[EDIT_READ_MAX];
	uint32_t at = behind_udp(frame, PORT_GENEVE);
	const uint8_t *geneve = at ? edit_read(frame, at, 8, spare) : NULL;

	return geneve && geneve[0] >> 6 == 0 &&
	       found_type(frame, at + 8 + (geneve[0] & 0x3f) * 4, number16(geneve + 2), inside);
}

/* RFC 2784, RFC 2890: flags, version 0, protocol; checksum, key and sequence if their flags are set. Returns where what is
 * behind begins, or 0. */
static uint32_t
behind_gre(struct frame *frame, uint16_t *protocol, bool *sequence)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *gre;

	edit_layout(frame);
	if (frame->l4 == 0 || frame->protocol != IPPROTO_GRE || frame->fragment)
		return 0;
	gre = edit_read(frame, frame->l4, 4, spare);
	/* Routing (RFC 1701) has a length of its own, and version 1 is PPTP's. */
	if (!gre || (gre[0] & 0x40) || (gre[1] & 7))
		return 0;
	*protocol = number16(gre + 2);
	*sequence = gre[0] & 0x10;
	return frame->l4 + 4 + 4 * (!!(gre[0] & 0x80) + !!(gre[0] & 0x20) + *sequence);
}

bool
edit_find_gre(struct frame *frame, uint32_t link, struct edit_inside *inside)
{
	uint16_t protocol;
	bool sequence;
	uint32_t at = behind_gre(frame, &protocol, &sequence);

	return at && found_type(frame, at, protocol, inside);
}

/* draft-foschiano-erspan-03: type I has no header of its own, type II 8 bytes and a sequence, type III 12 bytes, and 8 more
 * when its last bit says so. */
bool
edit_find_erspan(struct frame *frame, uint32_t link, struct edit_inside *inside)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *erspan;
	uint16_t protocol;
	bool sequence;
	uint32_t at = behind_gre(frame, &protocol, &sequence);

	if (at == 0 || (protocol != 0x88be && protocol != 0x22eb))
		return false;
	if (protocol == 0x88be)
		return found_frame(frame, at + (sequence ? 8 : 0), inside);
	erspan = edit_read(frame, at, 12, spare);
	/* Frame type 0 is Ethernet. */
	if (!erspan || erspan[0] >> 4 != 2 || (erspan[10] & 0x7c))
		return false;
	return found_frame(frame, at + 12 + (erspan[11] & 1) * 8, inside);
}

/* 3GPP TS 29.281 section 5: version 1, a user's packet; three optional fields of which one flag suffices, and extension
 * headers that count in words and take one at least. */
bool
edit_find_gtp_u(struct frame *frame, uint32_t link, struct edit_inside *inside)
{
	uint8_t spare[EDIT_READ_MAX];
	uint32_t at = behind_udp(frame, PORT_GTP_U);
	const uint8_t *gtp = at ? edit_read(frame, at, 8, spare) : NULL;
	const uint8_t *word;
	uint8_t next, words;

	if (!gtp || gtp[0] >> 5 != 1 || !(gtp[0] & 0x10) || gtp[1] != 0xff)
		return false;
	at += 8;
	if ((gtp[0] & 7) == 0)
		return found_ip(frame, at, 0, inside);
	next = gtp[0] & 4;
	word = edit_read(frame, at, 4, spare);
	if (!word)
		return false;
	next = next ? word[3] : 0;
	at += 4;
	while (next) {
		word = edit_read(frame, at, 1, spare);
		if (!word || word[0] == 0)
			return false;
		words = word[0];
		word = edit_read(frame, at + words * 4 - 1, 1, spare);
		if (!word)
			return false;
		next = word[0];
		at += words * 4;
	}
	return found_ip(frame, at, 0, inside);
}

bool
edit_find_ipip(struct frame *frame, uint32_t link, struct edit_inside *inside)
{
	edit_layout(frame);
	if (frame->l4 == 0 || frame->fragment)
		return false;
	if (frame->protocol == IPPROTO_IPIP)
		return found_ip(frame, frame->l4, TYPE_IPV4, inside);
	return frame->protocol == IPPROTO_IPV6 && found_ip(frame, frame->l4, TYPE_IPV6, inside);
}

/* RFC 2516 section 5, RFC 1661 section 2: six bytes, and the protocol of PPP. */
bool
edit_find_pppoe(struct frame *frame, uint32_t link, struct edit_inside *inside)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *at = edit_read(frame, link - 2, 10, spare);

	if (!at || number16(at) != 0x8864 || at[2] != 0x11 || at[3] != 0)
		return false;
	if (number16(at + 8) == 0x0021)
		return found_ip(frame, link + 8, TYPE_IPV4, inside);
	return number16(at + 8) == 0x0057 && found_ip(frame, link + 8, TYPE_IPV6, inside);
}
