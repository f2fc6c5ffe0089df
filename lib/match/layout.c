/* SPDX-License-Identifier: BSD-3-Clause */
#include "match/layout.h"

#include "core/banned.h"

#define TAG_C 0x8100
#define TAG_S 0x88a8
#define TAG_Q 0x9100
#define TAG 4
#define TAGS_MAX 8
#define TYPE_MIN 0x600 /* below it is 802.3's length */
#define FRAME_MIN 60   /* without the FCS: shorter ones are padded */
#define ARP_FIXED 8
#define EXTENSIONS_MAX 8
/* Left of a snap for tags, so that the same of a packet is covered with and without them. */
#define SNAP_TAGS (2 * TAG)

enum {
	EXTENSION_HOP_BY_HOP = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_FRAGMENT = 44,
	EXTENSION_DESTINATION = 60,
};

static inline uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline bool
is_tag(uint16_t type)
{
	return type == TAG_C || type == TAG_S || type == TAG_Q;
}

/* The length that each header has, or has at least. */
static inline uint32_t
transport_header(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return LAYOUT_TCP;
	case PROTOCOL_UDP:
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return LAYOUT_UDP_ICMP;
	case PROTOCOL_SCTP:
		return LAYOUT_SCTP;
	default:
		return 0;
	}
}

static void
find_payload(struct layout *layout, const uint8_t *bytes)
{
	uint32_t header = transport_header(layout->carried);

	if (header == 0 || layout->transport + header > layout->end)
		return;
	layout->protocol = layout->carried;
	if (layout->protocol == PROTOCOL_TCP) {
		uint32_t words = bytes[layout->transport + 12] >> 4;

		header = words * 4 > header ? words * 4 : header;
	}
	layout->payload = least(layout->transport + header, layout->end);
}

/* What the length in a header says, where it can be believed. */
static void
end_at(struct layout *layout, uint32_t end)
{
	if (end < layout->whole)
		layout->whole = end;
	layout->end = least(layout->end, layout->whole);
}

static void
find_ipv4(struct layout *layout, const uint8_t *bytes)
{
	const uint8_t *header = bytes + layout->network;
	uint32_t length, total;

	if (layout->network + LAYOUT_IPV4 > layout->end || header[0] >> 4 != 4)
		return;
	length = (header[0] & 15) * 4;
	total = layout_16(header + 2);
	if (length < LAYOUT_IPV4 || layout->network + length > layout->end)
		return;
	if (total >= length)
		end_at(layout, layout->network + total);
	layout->ip = true;
	layout->transport = layout->payload = layout->network + length;
	layout->carried = header[9];
	if ((layout_16(header + 6) & 0x1fff) == 0)
		find_payload(layout, bytes);
}

static void
find_ipv6(struct layout *layout, const uint8_t *bytes)
{
	const uint8_t *header = bytes + layout->network;
	uint32_t at = layout->network + LAYOUT_IPV6, length;
	uint8_t next;

	if (at > layout->end || header[0] >> 4 != 6)
		return;
	length = layout_16(header + 4);
	if (length)
		end_at(layout, at + length);
	layout->ip = true;
	next = header[6];
	for (unsigned i = 0; i < EXTENSIONS_MAX && at + 8 <= layout->end; i++) {
		if (next == EXTENSION_FRAGMENT) {
			layout->fragment = at;
			length = 8;
		} else if (next == EXTENSION_HOP_BY_HOP || next == EXTENSION_ROUTING ||
			   next == EXTENSION_DESTINATION) {
			length = (bytes[at + 1] + 1u) * 8;
		} else {
			break;
		}
		if (at + length > layout->end)
			break;
		next = bytes[at];
		at += length;
	}
	layout->carried = next;
	layout->transport = layout->payload = at;
	if (!layout->fragment || (layout_16(bytes + layout->fragment + 2) & 0xfff8) == 0)
		find_payload(layout, bytes);
}

/* Of a frame that was, or will be, padded: zeros at its end are not of it. Whether tags were pushed
 * before or behind that does not matter. */
static void
leave_padding(struct layout *layout, const uint8_t *bytes)
{
	if (layout->whole - (layout->type - layout->tags) > FRAME_MIN ||
	    layout->end != layout->whole)
		return;
	while (layout->end > layout->network && bytes[layout->end - 1] == 0)
		layout->end--;
	layout->whole = layout->end;
}

static void
find_other(struct layout *layout, const uint8_t *bytes)
{
	const uint8_t *header = bytes + layout->network;

	if (layout->ether_type < TYPE_MIN)
		end_at(layout, layout->network + layout->ether_type);
	else if (layout->ether_type == TYPE_ARP && layout->network + ARP_FIXED <= layout->end)
		end_at(layout, layout->network + ARP_FIXED + 2u * (header[4] + header[5]));
	else
		leave_padding(layout, bytes);
}

void
layout_find(struct layout *layout, const uint8_t *bytes, uint32_t length, uint32_t wire_length,
	    uint32_t snap)
{
	uint32_t at = LAYOUT_MACS;

	*layout = (struct layout){.end = length, .whole = wire_length};
	if (length < LAYOUT_MACS + 2) {
		layout->tags = layout->type = layout->network = least(length, LAYOUT_MACS);
		layout->transport = layout->payload = layout->network;
		return;
	}
	layout->tags = at;
	while (at < LAYOUT_MACS + TAGS_MAX * TAG && is_tag(layout_16(bytes + at)) &&
	       at + TAG + 2 <= length)
		at += TAG;
	layout->type = at;
	layout->ether_type = layout_16(bytes + at);
	layout->network = layout->transport = layout->payload = at + 2;
	/* Before it is looked at: where a capture kept no more nobody knows what follows. */
	if (snap)
		layout->end = least(length, at + snap - LAYOUT_MACS - SNAP_TAGS);
	if (layout->ether_type == TYPE_IPV4)
		find_ipv4(layout, bytes);
	else if (layout->ether_type == TYPE_IPV6)
		find_ipv6(layout, bytes);
	if (!layout->ip)
		find_other(layout, bytes);
}
