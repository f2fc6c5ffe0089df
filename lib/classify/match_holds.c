/* SPDX-License-Identifier: BSD-3-Clause */
/* One match and one packet, field by field. */
#include <rte_byteorder.h>
#include <string.h>

#include "classify/match.h"

#include "core/banned.h"

/* The ranges are in order. */
bool
match_holds_number(const struct config_set *set, uint32_t value)
{
	unsigned low = 0, high = set->count;

	if (set->count == 0)
		return true;
	while (high - low > 1) {
		unsigned middle = (low + high) / 2;

		if (set->ranges[middle].low <= value)
			low = middle;
		else
			high = middle;
	}
	return value >= set->ranges[low].low && value <= set->ranges[low].high;
}

static bool
is_in(const struct config_prefix *prefix, const uint8_t *address)
{
	unsigned bytes = prefix->length / 8, bits = prefix->length % 8;

	if (memcmp(prefix->address, address, bytes) != 0)
		return false;
	return bits == 0 || (prefix->address[bytes] ^ address[bytes]) >> (8 - bits) == 0;
}

/* They are in order, those of IPv4 first, and none is within another. */
static inline bool
holds_address(const struct config_prefixes *prefixes, const struct packet_view *view,
	      const void *src4, const void *src6)
{
	unsigned family = view->kind & PACKET_WIDE ? 6 : 4, length = family == 4 ? 4 : 16;
	const uint8_t *address = family == 4 ? src4 : src6;
	unsigned low = 0, high = prefixes->count;

	if (prefixes->count == 0)
		return true;
	while (high - low > 1) {
		unsigned middle = (low + high) / 2;
		const struct config_prefix *prefix = &prefixes->items[middle];

		if (prefix->family < family ||
		    (prefix->family == family && memcmp(prefix->address, address, length) <= 0))
			low = middle;
		else
			high = middle;
	}
	return prefixes->items[low].family == family && is_in(&prefixes->items[low], address);
}

bool
match_holds(const struct config_match *match, const struct packet_view *view)
{
	if (match->vlan.count && (view->vlan == PACKET_NO_VLAN ||
				  !match_holds_number(&match->vlan, rte_be_to_cpu_16(view->vlan))))
		return false;
	return match_holds_number(&match->dst_port, rte_be_to_cpu_16(view->dst_port)) &&
	       match_holds_number(&match->src_port, rte_be_to_cpu_16(view->src_port)) &&
	       match_holds_number(&match->protocol, view->protocol) &&
	       holds_address(&match->src, view, &view->src4, view->src6) &&
	       holds_address(&match->dst, view, &view->dst4, view->dst6) &&
	       match_holds_number(&match->ether_type, rte_be_to_cpu_16(view->ether_type));
}
