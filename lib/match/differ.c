/* SPDX-License-Identifier: BSD-3-Clause */
#include <stddef.h>

#include "match/changes.h"
#include "match/layout.h"

#include "core/banned.h"

static const char *const words[MATCH_FIELDS] = {
	[MATCH_FIELD_MAC] = "mac",
	[MATCH_FIELD_VLAN] = "vlan",
	[MATCH_FIELD_ETHERTYPE] = "ethertype",
	[MATCH_FIELD_DSCP] = "dscp",
	[MATCH_FIELD_LENGTH] = "length",
	[MATCH_FIELD_IDENTIFICATION] = "identification",
	[MATCH_FIELD_TTL] = "ttl",
	[MATCH_FIELD_PROTOCOL] = "protocol",
	[MATCH_FIELD_CHECKSUM] = "ip-checksum",
	[MATCH_FIELD_ADDRESSES] = "addresses",
	[MATCH_FIELD_OPTIONS] = "options",
	[MATCH_FIELD_PORTS] = "ports",
	[MATCH_FIELD_TCP] = "tcp",
	[MATCH_FIELD_L4_CHECKSUM] = "l4-checksum",
	[MATCH_FIELD_PAYLOAD] = "payload",
	[MATCH_FIELD_SIZE] = "size",
};

const char *
match_field_word(enum match_field field)
{
	return words[field];
}

/* Both frames, and what is found. */
struct comparing {
	const uint8_t *old, *new;
	struct match_difference *out;
};

/* Which field byte i of a header is of. */
typedef enum match_field (*field_of)(uint32_t i);

static enum match_field
of_mac(uint32_t i)
{
	return MATCH_FIELD_MAC;
}

static enum match_field
of_vlan(uint32_t i)
{
	return MATCH_FIELD_VLAN;
}

static enum match_field
of_type(uint32_t i)
{
	return MATCH_FIELD_ETHERTYPE;
}

static enum match_field
of_payload(uint32_t i)
{
	return MATCH_FIELD_PAYLOAD;
}

static enum match_field
of_ipv4(uint32_t i)
{
	static const uint8_t fields[LAYOUT_IPV4] = {
		MATCH_FIELD_OPTIONS,        MATCH_FIELD_DSCP,           MATCH_FIELD_LENGTH,
		MATCH_FIELD_LENGTH,         MATCH_FIELD_IDENTIFICATION, MATCH_FIELD_IDENTIFICATION,
		MATCH_FIELD_IDENTIFICATION, MATCH_FIELD_IDENTIFICATION, MATCH_FIELD_TTL,
		MATCH_FIELD_PROTOCOL,       MATCH_FIELD_CHECKSUM,       MATCH_FIELD_CHECKSUM,
		MATCH_FIELD_ADDRESSES,      MATCH_FIELD_ADDRESSES,      MATCH_FIELD_ADDRESSES,
		MATCH_FIELD_ADDRESSES,      MATCH_FIELD_ADDRESSES,      MATCH_FIELD_ADDRESSES,
		MATCH_FIELD_ADDRESSES,      MATCH_FIELD_ADDRESSES,
	};

	return i < LAYOUT_IPV4 ? (enum match_field)fields[i] : MATCH_FIELD_OPTIONS;
}

static enum match_field
of_ipv6(uint32_t i)
{
	static const uint8_t fields[8] = {
		MATCH_FIELD_DSCP,           MATCH_FIELD_DSCP,   MATCH_FIELD_IDENTIFICATION,
		MATCH_FIELD_IDENTIFICATION, MATCH_FIELD_LENGTH, MATCH_FIELD_LENGTH,
		MATCH_FIELD_PROTOCOL,       MATCH_FIELD_TTL,
	};

	if (i < sizeof(fields))
		return (enum match_field)fields[i];
	return i < LAYOUT_IPV6 ? MATCH_FIELD_ADDRESSES : MATCH_FIELD_OPTIONS;
}

static enum match_field
of_tcp(uint32_t i)
{
	if (i < 4)
		return MATCH_FIELD_PORTS;
	if (i >= LAYOUT_TCP)
		return MATCH_FIELD_OPTIONS;
	return i == 16 || i == 17 ? MATCH_FIELD_L4_CHECKSUM : MATCH_FIELD_TCP;
}

static enum match_field
of_udp(uint32_t i)
{
	if (i < 4)
		return MATCH_FIELD_PORTS;
	return i < 6 ? MATCH_FIELD_LENGTH : MATCH_FIELD_L4_CHECKSUM;
}

/* What stands in it is as a payload to most. */
static enum match_field
of_icmp(uint32_t i)
{
	return i == 2 || i == 3 ? MATCH_FIELD_L4_CHECKSUM : MATCH_FIELD_PAYLOAD;
}

static enum match_field
of_sctp(uint32_t i)
{
	if (i < 4)
		return MATCH_FIELD_PORTS;
	return i < 8 ? MATCH_FIELD_PAYLOAD : MATCH_FIELD_L4_CHECKSUM;
}

static field_of
transport_fields(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return of_tcp;
	case PROTOCOL_UDP:
		return of_udp;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return of_icmp;
	case PROTOCOL_SCTP:
		return of_sctp;
	default:
		return of_payload;
	}
}

static void
note(struct match_difference *out, const struct match_range *range)
{
	struct match_range *last = out->ranges ? &out->range[out->ranges - 1] : NULL;

	if (last && last->old_at + last->old_length == range->old_at &&
	    last->new_at + last->new_length == range->new_at) {
		last->old_length += range->old_length;
		last->new_length += range->new_length;
	} else if (out->ranges < MATCH_RANGES_MAX) {
		out->range[out->ranges++] = *range;
	} else {
		out->more = true;
	}
}

/* A header, or what stands in the place of one, of both: from an offset to another. */
static void
compare(struct comparing *of, uint32_t old_at, uint32_t old_end, uint32_t new_at, uint32_t new_end,
	field_of field)
{
	struct match_difference *out = of->out;
	uint32_t old_length = old_end - old_at, new_length = new_end - new_at;
	uint32_t both = old_length < new_length ? old_length : new_length;
	uint32_t longer = old_length < new_length ? new_length : old_length;

	for (uint32_t i = 0; i < both; i++) {
		if (of->old[old_at + i] == of->new[new_at + i])
			continue;
		out->fields |= 1u << field(i);
		out->bytes++;
		note(out, &(struct match_range){old_at + i, new_at + i, 1, 1});
	}
	if (longer == both)
		return;
	out->fields |= 1u << (field == of_payload ? MATCH_FIELD_SIZE : field(both));
	out->bytes += longer - both;
	note(out, &(struct match_range){old_at + both, new_at + both, old_length - both,
					new_length - both});
}

void
match_differ(const uint8_t *old, uint32_t old_length, const uint8_t *new, uint32_t new_length,
	     struct match_difference *difference)
{
	struct comparing of = {old, new, difference};
	struct layout a, b;
	bool like;

	layout_find(&a, old, old_length, old_length, 0);
	layout_find(&b, new, new_length, new_length, 0);
	*difference = (struct match_difference){.fields = 0};
	compare(&of, 0, a.tags, 0, b.tags, of_mac);
	compare(&of, a.tags, a.type, b.tags, b.type, of_vlan);
	compare(&of, a.type, a.network, b.type, b.network, of_type);
	like = a.ip && b.ip && a.ether_type == b.ether_type;
	if (!like) {
		compare(&of, a.network, a.end, b.network, b.end, of_payload);
		return;
	}
	compare(&of, a.network, a.transport, b.network, b.transport,
		a.ether_type == TYPE_IPV4 ? of_ipv4 : of_ipv6);
	if (a.protocol != b.protocol) {
		compare(&of, a.transport, a.end, b.transport, b.end, of_payload);
		return;
	}
	compare(&of, a.transport, a.payload, b.transport, b.payload, transport_fields(a.protocol));
	compare(&of, a.payload, a.end, b.payload, b.end, of_payload);
}
