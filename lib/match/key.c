/* SPDX-License-Identifier: BSD-3-Clause */
#include "match/key.h"

#include <stddef.h>
#include <string.h>

#include "match/hash.h"
#include "match/layout.h"

#include "core/banned.h"

/* What a header is copied to, without what is ignored; of longer ones the rest is as it is. */
#define HEADER_MAX 256
/* Fewer bytes of a payload say too little of whose they are. */
#define PAYLOAD_MIN 8

#define ROUTED (MATCH_MAC | MATCH_VLAN | MATCH_TTL | MATCH_DSCP | MATCH_CHECKSUMS)

static const unsigned levels[MATCH_LEVELS] = {
	[MATCH_FRAME] = 0,
	[MATCH_NETWORK] = ROUTED,
	[MATCH_OVER_NAT] = ROUTED | MATCH_NAT,
};

static const char *const ignoring_words[MATCH_IGNORING_COUNT + 1] = {
	"mac", "vlan", "ttl", "dscp", "checksums", "nat", NULL,
};

const char *
match_ignoring_word(unsigned bit)
{
	return bit < MATCH_IGNORING_COUNT ? ignoring_words[bit] : NULL;
}

const char *
match_level_word(enum match_level level)
{
	static const char *const words[MATCH_LEVELS] = {"frame", "network", "nat"};

	return words[level];
}

/* A header without what is ignored. */
struct header {
	uint32_t used;
	uint8_t bytes[HEADER_MAX];
};

static uint8_t *
put(struct header *header, const uint8_t *bytes, uint32_t count)
{
	uint8_t *at = header->bytes + header->used;

	if (count > HEADER_MAX - header->used)
		count = HEADER_MAX - header->used;
	memcpy(at, bytes, count);
	header->used += count;
	return at;
}

/* Whether an ICMP message has the packet in it that it is about. */
static bool
is_error(uint8_t protocol, uint8_t type)
{
	if (protocol == PROTOCOL_ICMPV6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* Of a packet in an ICMP error what no NAT changes: its protocol, and TCP's sequence number, UDP's
 * length, or an echo's number. */
static uint64_t
inner(const uint8_t *bytes, uint32_t length)
{
	uint32_t at = 0;
	uint8_t protocol = 0;

	if (length >= LAYOUT_IPV4 && bytes[0] >> 4 == 4) {
		at = (bytes[0] & 15) * 4;
		protocol = bytes[9];
	} else if (length >= LAYOUT_IPV6 && bytes[0] >> 4 == 6) {
		at = LAYOUT_IPV6;
		protocol = bytes[6];
	}
	if (at == 0 || at + 8 > length)
		return protocol;
	if (protocol == PROTOCOL_UDP)
		return (uint64_t)layout_16(bytes + at + 4) << 8 | protocol;
	return (uint64_t)layout_32(bytes + at + 4) << 8 | protocol;
}

static void
put_over_nat(struct header *header, const struct layout *layout, const uint8_t *bytes,
	     uint64_t *payload)
{
	const uint8_t *at = bytes + layout->transport;

	put(header, &layout->carried, 1);
	if (layout->fragment) {
		put(header, bytes + layout->fragment + 2, 2);
	} else if (layout->ether_type == TYPE_IPV4) {
		uint16_t place = layout_16(bytes + layout->network + 6) & 0x3fff;

		put(header, (const uint8_t *)&place, sizeof(place));
	}
	switch (layout->protocol) {
	case PROTOCOL_TCP:
		put(header, at + 4, 8);
		put(header, at + 12, 4);
		header->bytes[header->used - 4] &= 0x0f;
		break;
	case PROTOCOL_UDP:
		put(header, at + 4, 2);
		break;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		put(header, at, 2);
		put(header, at + 4, 4);
		if (is_error(layout->protocol, at[0]))
			*payload = inner(bytes + layout->payload, layout->end - layout->payload);
		break;
	case PROTOCOL_SCTP:
		put(header, at + 4, 4);
		break;
	default:
		break;
	}
}

static void
put_network(struct header *header, const struct layout *layout, const uint8_t *bytes,
	    unsigned ignoring)
{
	uint8_t *at = put(header, bytes + layout->network, layout->transport - layout->network);

	if (layout->ether_type == TYPE_IPV4) {
		if (ignoring & MATCH_DSCP)
			at[1] = 0;
		if (ignoring & MATCH_TTL)
			at[8] = 0;
		if (ignoring & (MATCH_CHECKSUMS | MATCH_TTL | MATCH_DSCP))
			at[10] = at[11] = 0;
		return;
	}
	if (ignoring & MATCH_DSCP) {
		at[0] &= 0xf0;
		at[1] &= 0x0f;
	}
	if (ignoring & MATCH_TTL)
		at[7] = 0;
}

static void
put_transport(struct header *header, const struct layout *layout, const uint8_t *bytes,
	      unsigned ignoring)
{
	uint8_t *at = put(header, bytes + layout->transport, layout->payload - layout->transport);
	unsigned checksum = 0, size = 2;

	if (!(ignoring & MATCH_CHECKSUMS))
		return;
	switch (layout->protocol) {
	case PROTOCOL_TCP:
		checksum = 16;
		break;
	case PROTOCOL_UDP:
		checksum = 6;
		break;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		checksum = 2;
		break;
	case PROTOCOL_SCTP:
		checksum = 8;
		size = 4;
		break;
	default:
		return;
	}
	if (at + checksum + size <= header->bytes + header->used)
		memset(at + checksum, 0, size);
}

static uint64_t
key(const struct layout *layout, const uint8_t *bytes, unsigned ignoring, uint64_t payload)
{
	struct header header;

	if (ignoring == 0)
		return hash_bytes(bytes, layout->payload, payload ^ layout->whole);
	header.used = 0;
	if (!(ignoring & MATCH_MAC))
		put(&header, bytes, layout->tags);
	if (!(ignoring & MATCH_VLAN))
		put(&header, bytes + layout->tags, layout->type - layout->tags);
	put(&header, bytes + layout->type, layout->network - layout->type);
	if (!layout->ip) {
		put(&header, bytes + layout->network, layout->payload - layout->network);
	} else if (ignoring & MATCH_NAT) {
		put_over_nat(&header, layout, bytes, &payload);
	} else if (layout->transport - layout->network > HEADER_MAX / 2) {
		/* Extension headers without end: nothing is ignored of what is in them. */
		payload = hash_bytes(bytes + layout->network + LAYOUT_IPV6,
				     layout->payload - layout->network - LAYOUT_IPV6, payload);
		put_network(&header,
			    &(struct layout){.network = layout->network,
					     .transport = layout->network + LAYOUT_IPV6,
					     .ether_type = layout->ether_type},
			    bytes, ignoring);
	} else {
		put_network(&header, layout, bytes, ignoring);
		put_transport(&header, layout, bytes, ignoring);
	}
	return hash_bytes(header.bytes, header.used, payload ^ (layout->whole - layout->network));
}

/* Never 0. */
static uint32_t
short_of(uint64_t hash)
{
	return (uint32_t)hash | 1;
}

/* The flow and what numbers its packets. */
static uint32_t
flow(const struct layout *layout, const uint8_t *bytes)
{
	const uint8_t *network = bytes + layout->network, *transport = bytes + layout->transport;
	bool ipv4 = layout->ether_type == TYPE_IPV4;
	uint64_t identification = 0, ports = 0, addresses;

	if (!layout->ip)
		return 0;
	if (ipv4)
		identification = (uint64_t)layout_32(network + 4) << 32;
	else if (layout->fragment)
		identification = (uint64_t)layout_32(bytes + layout->fragment + 4) << 32;
	/* Flags alone number nothing; the identification is in the first half of those bytes. */
	if (ipv4 && layout_16(network + 4) == 0)
		identification = 0;
	switch (layout->protocol) {
	case PROTOCOL_TCP:
		identification ^= hash_word(transport + 4);
		ports = hash_half(transport);
		break;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		identification ^= hash_half(transport + 4);
		break;
	case PROTOCOL_UDP:
	case PROTOCOL_SCTP:
		ports = hash_half(transport);
		break;
	default:
		break;
	}
	if (identification == 0)
		return 0;
	if (ipv4)
		addresses = hash_word(network + 12);
	else
		addresses = hash_bytes(network + 8, 32, 0);
	return short_of(hash_numbers(hash_numbers(addresses, ports << 8 | layout->carried),
				     identification));
}

void
match_key(const struct match_manner *manner, const uint8_t *bytes, uint32_t length,
	  uint32_t wire_length, struct match_keys *keys)
{
	struct layout layout;
	uint64_t payload;

	layout_find(&layout, bytes, length, wire_length, manner->snap);
	payload = hash_bytes(bytes + layout.payload, layout.end - layout.payload, 0);
	if (manner->automatic) {
		for (unsigned i = 0; i < MATCH_LEVELS; i++)
			keys->of[i] = key(&layout, bytes, levels[i], payload);
	} else {
		keys->of[0] = key(&layout, bytes, manner->ignoring, payload);
	}
	keys->flow = flow(&layout, bytes);
	keys->payload = layout.end - layout.payload >= PAYLOAD_MIN ? short_of(payload) : 0;
	keys->length = layout.end;
}
