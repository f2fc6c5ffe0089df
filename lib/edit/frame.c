/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <string.h>

#include "edit/fields.h"
#include "edit/op.h"
#include "packet/own.h"
#include "packet/view.h"

#include "core/banned.h"

#define IPV4_HEADER_MAX 60u
#define PORTS 4u
#define ICMP_SUM 2 /* RFC 792, RFC 4443 section 2.1 */

const uint8_t *
edit_read(const struct frame *frame, uint32_t offset, uint32_t length, uint8_t spare[EDIT_READ_MAX])
{
	uint32_t kept = 0;

	if (length > frame->length || offset > frame->length - length)
		return NULL;
	if (offset >= frame->link_length)
		return rte_pktmbuf_read(frame->packet, frame->skip + offset, length, spare);
	kept = RTE_MIN(frame->link_length - offset, length);
	memcpy(spare, frame->link + offset, kept);
	if (kept < length) {
		uint8_t rest[EDIT_READ_MAX];
		const uint8_t *found = rte_pktmbuf_read(frame->packet, frame->skip + offset + kept,
							length - kept, rest);

		memcpy(spare + kept, found, length - kept);
	}
	return spare;
}

void
edit_remove(struct frame *frame, uint32_t offset, uint32_t length)
{
	uint32_t kept = frame->link_length;
	uint8_t spare[EDIT_READ_MAX];

	if (offset + length <= kept) {
		memmove(frame->link + offset, frame->link + offset + length,
			kept - offset - length);
		frame->link_length -= length;
	} else {
		if (offset > kept)
			memcpy(frame->link + kept, edit_read(frame, kept, offset - kept, spare),
			       offset - kept);
		frame->link_length = offset;
	}
	frame->skip += length;
	frame->length -= length;
	frame->grown -= length;
	frame->known = false;
}

void
edit_trim(struct frame *frame)
{
	if (frame->packet->pkt_len > frame->length)
		own_cut(frame->packet, frame->length);
}

static void
find_sum(struct frame *frame)
{
	uint32_t sum = 0;

	if (frame->l4 == 0)
		return;
	if (frame->protocol == IPPROTO_TCP)
		sum = frame->l4 + TCP_SUM;
	else if (frame->protocol == IPPROTO_UDP)
		sum = frame->l4 + UDP_SUM;
	else if (frame->protocol == (edit_is_ipv6(frame) ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		sum = frame->l4 + ICMP_SUM;
	if (sum && sum + 2 <= frame->length)
		frame->sum = sum;
	frame->pseudo = frame->protocol != IPPROTO_ICMP;
	frame->zero = frame->protocol == IPPROTO_UDP;
}

/* How long IP's fixed header is, and IPv4's options: of a frame that may have been cut in them. */
static uint32_t
ip_header(const struct frame *frame)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *first;

	if (edit_is_ipv6(frame))
		return IPV6_HEADER;
	if (likely(frame->l3 + IPV4_HEADER_MAX <= frame->length))
		return IPV4_HEADER;
	first = edit_read(frame, frame->l3, 1, spare);
	return first ? (first[0] & 0xf) * 4 : IPV4_HEADER;
}

/* What a view says of a frame that begins at base, and ends where its length says. */
static void
lay(struct frame *frame, const struct packet_view *view, uint32_t base)
{
	frame->known = true;
	frame->tagged = view->vlan != PACKET_NO_VLAN;
	frame->fragment = view->fragment;
	frame->kind = view->kind;
	frame->protocol = view->protocol;
	frame->l3 = view->l3_offset ? view->l3_offset - base : 0;
	frame->l4 = view->l4_offset ? view->l4_offset - base : 0;
	frame->sum = 0;
	if (frame->kind < PACKET_IPV4)
		return;
	if (frame->l3 + ip_header(frame) > frame->length) {
		frame->kind = PACKET_OTHER;
		frame->l3 = frame->l4 = 0;
		return;
	}
	if (edit_has_ports(frame) && frame->l4 + PORTS > frame->length)
		frame->kind--;
	if (frame->l4 > frame->length)
		frame->l4 = 0;
	find_sum(frame);
}

void
edit_layout_of(struct frame *frame, const struct packet_view *view)
{
	lay(frame, view, 0);
}

/* What was stripped may have been in front of the type, between two tags, or between a tag and the
 * type. */
static void
parse_behind(const struct frame *frame, struct packet_view *view)
{
	uint8_t spare[EDIT_READ_MAX];
	uint32_t end = EDIT_ETHER;
	const uint8_t *at = edit_read(frame, end - 2, 2, spare);
	bool tagged = false;
	uint16_t type = 0;

	for (unsigned tags = 0; at && tags < EDIT_TAGS_MAX && edit_is_tag(at); tags++) {
		at = edit_read(frame, end, 2, spare);
		if (!at)
			break;
		tagged = true;
		end += EDIT_TAG;
		at = edit_read(frame, end - 2, 2, spare);
	}
	if (at)
		memcpy(&type, at, sizeof(type));
	packet_parse_inner(frame->packet, frame->skip + end, type, view);
	if (type == 0)
		view->kind = PACKET_OTHER;
	view->vlan = tagged ? 0 : PACKET_NO_VLAN;
}

static void
parse(const struct frame *frame, struct packet_view *view)
{
	/* Of addresses alone, what follows them is where it was. */
	if (frame->link_length <= EDIT_MACS)
		packet_parse_inner(frame->packet, frame->skip, 0, view);
	else
		parse_behind(frame, view);
}

void
edit_layout(struct frame *frame)
{
	struct packet_view view;

	if (frame->known)
		return;
	parse(frame, &view);
	lay(frame, &view, frame->skip);
}

void
edit_layout_quoted(const struct frame *frame, uint32_t end, struct frame *quoted)
{
	uint16_t type =
		edit_is_ipv6(frame) ? RTE_BE16(RTE_ETHER_TYPE_IPV6) : RTE_BE16(RTE_ETHER_TYPE_IPV4);
	struct packet_view view;

	*quoted = (struct frame){
		.packet = frame->packet,
		.skip = frame->skip + frame->quote,
		.length = end - frame->quote,
	};
	packet_parse_inner(quoted->packet, quoted->skip, type, &view);
	lay(quoted, &view, quoted->skip);
}

uint32_t
edit_flow(struct frame *frame)
{
	uint8_t spare[EDIT_READ_MAX];
	struct packet_view view;
	const uint8_t *macs;

	parse(frame, &view);
	if (view.kind >= PACKET_IPV4)
		return packet_flow_hash(frame->packet, &view);
	macs = edit_read(frame, 0, EDIT_MACS, spare);
	return macs ? packet_macs_hash(macs) : 0;
}

/* Behind addresses, tags and type. */
static uint32_t
end_of_link(const struct frame *frame)
{
	uint8_t spare[EDIT_READ_MAX];
	uint32_t end = EDIT_ETHER;

	if (frame->l3)
		return frame->l3;
	for (unsigned tags = 0; tags < EDIT_TAGS_MAX; tags++) {
		const uint8_t *type = edit_read(frame, end - 2, EDIT_TAG, spare);

		if (!type || !edit_is_tag(type))
			break;
		end += EDIT_TAG;
	}
	return end;
}

/* Behind the header of IPv4, or of IPv6 and what extends it. */
static uint32_t
end_of_network(const struct frame *frame)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *at;
	uint32_t end;
	uint8_t next;

	if (frame->kind < PACKET_IPV4)
		return end_of_link(frame);
	if (frame->l4)
		return frame->l4;
	at = edit_read(frame, frame->l3, 8, spare);
	if (!edit_is_ipv6(frame))
		return frame->l3 + (at[0] & 0xf) * 4;
	next = at[6];
	/* A later fragment, or a chain that the frame does not hold: up to its end. Each header
	 * moves on by 8 bytes or more. */
	for (end = frame->l3 + IPV6_HEADER; end < frame->length;) {
		at = edit_read(frame, end, 8, spare);
		if (!at)
			return UINT32_MAX;
		if (next == IPPROTO_FRAGMENT) {
			next = at[0];
			end += 8;
			if (at[2] || at[3] & 0xf8)
				return end;
		} else if (next == IPPROTO_AH) {
			next = at[0];
			end += (at[1] + 2) * 4;
		} else {
			next = at[0];
			end += (at[1] + 1) * 8;
		}
	}
	return UINT32_MAX;
}

static uint32_t
end_of_transport(const struct frame *frame)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *offset;

	if (frame->kind < PACKET_IPV4 || frame->l4 == 0)
		return end_of_network(frame);
	switch (frame->protocol) {
	case IPPROTO_TCP:
		offset = edit_read(frame, frame->l4 + 12, 1, spare);
		/* RFC 9293 section 3.1: in words of 32 bits, at least 5. */
		return offset ? frame->l4 + RTE_MAX(offset[0] >> 4, 5) * 4u : UINT32_MAX;
	case IPPROTO_UDP:
		return frame->l4 + 8;
	case IPPROTO_SCTP:
		return frame->l4 + 12;
	case IPPROTO_ICMP:
		return edit_is_ipv6(frame) ? frame->l4 : frame->l4 + 8;
	case IPPROTO_ICMPV6:
		return edit_is_ipv6(frame) ? frame->l4 + 8 : frame->l4;
	default:
		return frame->l4;
	}
}

uint32_t
edit_end_of(struct frame *frame, enum config_after after)
{
	uint32_t end = 0;

	if (after == CONFIG_AFTER_NOTHING)
		return 0;
	edit_layout(frame);
	switch (after) {
	case CONFIG_AFTER_NOTHING:
		break;
	case CONFIG_AFTER_LINK:
		end = end_of_link(frame);
		break;
	case CONFIG_AFTER_NETWORK:
		end = end_of_network(frame);
		break;
	case CONFIG_AFTER_TRANSPORT:
		end = end_of_transport(frame);
		break;
	}
	return end <= frame->length ? end : UINT32_MAX;
}

static uint32_t
number16(const struct frame *frame, uint32_t offset)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *at = edit_read(frame, offset, 2, spare);

	return at ? at[0] << 8 | at[1] : 0;
}

uint32_t
edit_end_of_datagram(const struct frame *frame)
{
	uint32_t length, end = frame->length;

	if (edit_is_ipv6(frame)) {
		length = number16(frame, frame->l3 + IPV6_LENGTH);
		if (length)
			length += IPV6_HEADER;
	} else {
		length = number16(frame, frame->l3 + IPV4_LENGTH);
	}
	/* 0: it is longer than that, or was not cut up yet. */
	if (length)
		end = RTE_MIN(end, frame->l3 + length);
	if (frame->protocol == IPPROTO_UDP) {
		length = number16(frame, frame->l4 + UDP_LENGTH);
		/* What is less than its header is no length. */
		if (length >= UDP_HEADER)
			end = RTE_MIN(end, frame->l4 + length);
	}
	return end;
}
