/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <string.h>

#include "edit/fields.h"
#include "edit/op.h"
#include "packet/sum.h"

#include "core/banned.h"

#define ROUTE_LEAST 7 /* of an IPv4 source route with one address */

#define PORTS (CONFIG_SET_SRC_PORT | CONFIG_SET_DST_PORT)

uint64_t
edit_put_words(uint8_t *at, const uint32_t *keep, const uint32_t *value, unsigned words)
{
	uint64_t change = 0;

	for (unsigned i = 0; i < words; i++) {
		uint32_t before, after;

		memcpy(&before, at + i * 4, sizeof(before));
		after = (before & keep[i]) | value[i];
		memcpy(at + i * 4, &after, sizeof(after));
		change = sum_words(change, before, after);
	}
	return change;
}

static uint8_t
new_ttl(const struct edit_set *set, uint8_t before)
{
	int ttl = before + set->ttl_added;

	return RTE_MIN(RTE_MAX(ttl, set->ttl_least), set->ttl_most);
}

static bool
has_address(const struct edit_set *set, uint8_t family)
{
	return set->family[0] == family || set->family[1] == family;
}

bool
edit_needs_network(const struct edit_set *set, struct frame *frame)
{
	bool ports = (set->given & PORTS) && edit_has_ports(frame), address;

	if (frame->kind < PACKET_IPV4)
		return false;
	address = has_address(set, edit_is_ipv6(frame) ? 6 : 4);
	if (!ports && !address && !(set->given & (CONFIG_SET_DSCP | CONFIG_SET_TTL)))
		return false;
	edit_deepen(frame, frame->l3 + (edit_is_ipv6(frame) ? IPV6_HEADER : IPV4_HEADER));
	/* Another edit of the same pass may have found the end, too; it is the same. */
	if (ports) {
		edit_deepen(frame, frame->l4 + 4);
		frame->sctp_end = edit_sctp_end(frame);
	}
	if (frame->sctp_end)
		edit_deepen(frame, frame->l4 + SCTP_HEADER);
	if (frame->sum && (ports || (address && frame->pseudo)))
		edit_deepen(frame, frame->sum + 2);
	return true;
}

/* RFC 791 section 3.1: a loose or strict source route that is not at its end. Options move on by a
 * byte or more. */
uint32_t
edit_route_end(const uint8_t *ip, uint32_t end)
{
	for (uint32_t at = IPV4_HEADER; at + 3 <= end && ip[at] != IPOPT_END;) {
		const uint8_t *option = ip + at;

		if (option[0] == IPOPT_NOOP) {
			at++;
			continue;
		}
		if (option[0] == IPOPT_LSRR || option[0] == IPOPT_SSRR)
			return option[1] >= ROUTE_LEAST && at + option[1] <= end &&
					       option[2] <= option[1]
				       ? at + option[1]
				       : 0;
		at += RTE_MAX(option[1], 2);
	}
	return 0;
}

/* RFC 8200 section 8.1. Headers move on by 8 bytes or more, up to the transport's. */
bool
edit_is_routed(const uint8_t *ip, uint32_t transport)
{
	uint32_t at = IPV6_HEADER;
	uint8_t next = ip[IPV6_NEXT];

	if (likely(transport <= IPV4_HEADER))
		return false;
	if (ip[0] >> 4 == 4)
		return edit_route_end(ip, transport) != 0;
	while (at + 8 <= transport) {
		const uint8_t *header = ip + at;

		if (next == IPPROTO_ROUTING && header[ROUTING_LEFT])
			return true;
		if (next == IPPROTO_AH)
			at += (header[1] + 2) * 4;
		else
			at += next == IPPROTO_FRAGMENT ? 8 : (header[1] + 1) * 8;
		next = header[0];
	}
	return false;
}

/* How many bytes behind IP the transport begins, if the frame has its checksum; 0: it has none. */
static uint32_t
to_transport(const struct frame *frame)
{
	return frame->sum ? frame->l4 - frame->l3 : 0;
}

/* Those of IPv4 beside its addresses. */
static inline uint64_t
set_fields(const struct edit_set *set, uint8_t *ip)
{
	uint64_t change = 0;
	uint16_t before, after;
	uint8_t ttl[2];

	if (set->given & CONFIG_SET_DSCP) {
		before = get16(ip);
		ip[1] = set->dscp << 2 | (ip[1] & 3);
		change = sum_word(change, before, get16(ip));
	}
	if (set->given & CONFIG_SET_TTL) {
		before = get16(ip + IPV4_TTL);
		ttl[0] = new_ttl(set, ip[IPV4_TTL]);
		ttl[1] = ip[IPV4_TTL + 1];
		after = get16(ttl);
		put16(ip + IPV4_TTL, after);
		change = sum_word(change, before, after);
	}
	return change;
}

/* Returns what it changes of the pseudo-header; transport as in edit_is_routed. */
static inline uint64_t
set_ipv4(const struct edit_set *set, uint32_t transport, uint8_t *ip)
{
	uint64_t change = set_fields(set, ip), source = 0, destination = 0;

	if (set->family[0] == 4)
		source = edit_put_words(ip + IPV4_SRC, set->address[0].keep, set->address[0].value,
					1);
	if (set->family[1] == 4)
		destination = edit_put_words(ip + IPV4_DST, set->address[1].keep,
					     set->address[1].value, 1);
	put16(ip + IPV4_SUM, sum_adjust(get16(ip + IPV4_SUM), change + source + destination));
	return edit_is_routed(ip, transport) ? source : source + destination;
}

uint64_t
edit_set_ipv6(const struct edit_set *set, uint32_t transport, uint8_t *ip)
{
	uint64_t addresses = 0, change;
	unsigned class;

	if (set->given & CONFIG_SET_DSCP) {
		/* Version, 8 bits of traffic class, flow label: RFC 8200 section 3. ECN is the
		 * lower 2 bits of the class. */
		class = set->dscp << 2 | (ip[1] >> 4 & 3);
		ip[0] = (ip[0] & 0xf0) | class >> 4;
		ip[1] = (class & 0xf) << 4 | (ip[1] & 0xf);
	}
	if (set->given & CONFIG_SET_TTL)
		ip[IPV6_HOPS] = new_ttl(set, ip[IPV6_HOPS]);
	if (set->family[0] == 6)
		addresses += edit_put_words(ip + IPV6_SRC, set->address[0].keep,
					    set->address[0].value, 4);
	if (set->family[1] == 6) {
		change = edit_put_words(ip + IPV6_DST, set->address[1].keep, set->address[1].value,
					4);
		if (!edit_is_routed(ip, transport))
			addresses += change;
	}
	return addresses;
}

void
edit_set_network(const struct edit_set *set, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		uint8_t *ip = frame->start + frame->l3, *sum = frame->start + frame->sum;
		uint32_t before, after;
		uint64_t change;

		if (frame->kind < PACKET_IPV4)
			continue;
		/* What looked has gone as deep as this; of a kind that has none of the fields,
		 * nowhere. */
		if (frame->depth < frame->l3 + IPV4_HEADER)
			continue;
		change = edit_is_ipv6(frame) ? edit_set_ipv6(set, to_transport(frame), ip)
					     : set_ipv4(set, to_transport(frame), ip);
		if (!frame->pseudo)
			change = 0;
		if ((set->given & PORTS) && edit_has_ports(frame)) {
			memcpy(&before, frame->start + frame->l4, sizeof(before));
			change += edit_put_words(frame->start + frame->l4, &set->ports_keep,
						 &set->ports_value, 1);
			memcpy(&after, frame->start + frame->l4, sizeof(after));
			if (unlikely(frame->sctp_end))
				edit_sctp_ports(frame, before, after);
		}
		if (frame->sum == 0 || change == 0)
			continue;
		put16(sum, frame->zero ? sum_adjust_udp(get16(sum), change)
				       : sum_adjust(get16(sum), change));
	}
}
