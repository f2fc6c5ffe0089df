/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/inside.h"

#include <rte_byteorder.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

#define SAME(kind) ((int)TUNNEL_##kind == (int)CONFIG_TUNNEL_##kind)

_Static_assert(SAME(MPLS) && SAME(VXLAN) && SAME(GENEVE) && SAME(GRE) && SAME(ERSPAN) &&
		       SAME(GTP_U) && SAME(IPIP),
	       "a tunnel that is found has the bit of the one that is asked for");

static void
ask(struct inside *inside, size_t offset, const void *mask, const void *value, size_t size)
{
	memcpy((uint8_t *)inside->masks + offset, mask, size);
	memcpy((uint8_t *)inside->values + offset, value, size);
}

/* Of a field of one or two bytes; false where the words can't say it. */
static bool
ask_number(struct inside *inside, size_t offset, size_t size, const struct config_set *set)
{
	const uint16_t all = UINT16_MAX;
	uint16_t value;

	if (set->count == 0)
		return true;
	if (set->count > 1 || set->ranges[0].low != set->ranges[0].high)
		return false;
	value = rte_cpu_to_be_16(set->ranges[0].low);
	ask(inside, offset, &all, (const uint8_t *)&value + sizeof(value) - size, size);
	return true;
}

static bool
ask_address(struct inside *inside, size_t offset, const struct config_prefixes *prefixes)
{
	const struct config_prefix *prefix = prefixes->items;
	uint32_t mask, value;

	if (prefixes->count == 0)
		return true;
	if (prefixes->count > 1 || prefix->family != 4)
		return false;
	mask = prefix->length ? rte_cpu_to_be_32(UINT32_MAX << (32 - prefix->length)) : 0;
	memcpy(&value, prefix->address, sizeof(value));
	value &= mask;
	ask(inside, offset, &mask, &value, sizeof(value));
	return true;
}

static void
ask_all(struct inside *inside)
{
	const struct config_match *match = inside->match;
	bool all = true;

	all &= ask_address(inside, offsetof(struct packet_view, src4), &match->src);
	all &= ask_address(inside, offsetof(struct packet_view, dst4), &match->dst);
	all &= ask_number(inside, offsetof(struct packet_view, src_port), 2, &match->src_port);
	all &= ask_number(inside, offsetof(struct packet_view, dst_port), 2, &match->dst_port);
	all &= ask_number(inside, offsetof(struct packet_view, vlan), 2, &match->vlan);
	all &= ask_number(inside, offsetof(struct packet_view, ether_type), 2, &match->ether_type);
	all &= ask_number(inside, offsetof(struct packet_view, protocol), 1, &match->protocol);
	inside->more = !all;
}

_Static_assert(offsetof(struct packet_view, protocol) < sizeof(uint64_t) * INSIDE_WORDS,
	       "keys are in these words");

struct inside *
inside_make(const struct config_match *match)
{
	struct inside *inside = calloc(1, sizeof(*inside));

	if (!inside)
		return NULL;
	inside->match = match;
	inside->kinds = match_kinds(match);
	ask_all(inside);
	if (match->tunnel && match->tunnel->inner) {
		inside->inner = inside_make(match->tunnel->inner);
		if (!inside->inner) {
			free(inside);
			return NULL;
		}
	}
	return inside;
}

void
inside_free(struct inside *inside)
{
	while (inside) {
		struct inside *inner = inside->inner;

		free(inside);
		inside = inner;
	}
}

static inline bool
has_fields(const struct inside *inside, const struct packet_view *view)
{
	uint64_t words[INSIDE_WORDS], differing = 0;

	memcpy(words, view, sizeof(words));
	for (unsigned i = 0; i < INSIDE_WORDS; i++)
		differing |= (words[i] ^ inside->values[i]) & inside->masks[i];
	return differing == 0 && inside->kinds >> view->kind & 1 &&
	       (!inside->more || match_holds(inside->match, view));
}

static inline bool
is_wanted(const struct config_tunnel *wanted, const struct tunnel *tunnel)
{
	if (!(wanted->kinds >> tunnel->kind & 1))
		return false;
	return !wanted->id_of || (tunnel->numbered && match_holds_number(&wanted->id, tunnel->id));
}

/* A tunnel in the tunnel around. */
static bool
holds_within(const struct inside *inside, const struct rte_mbuf *packet,
	     const struct packet_view *view, const struct tunnel *around)
{
	const struct config_tunnel *wanted = inside->match->tunnel;
	struct packet_view inner;
	struct tunnel tunnel;

	if (!has_fields(inside, view))
		return false;
	if (!wanted)
		return true;
	return tunnel_look(packet, view, around, &tunnel, &inner) && is_wanted(wanted, &tunnel) &&
	       (!inside->inner || holds_within(inside->inner, packet, &inner, &tunnel));
}

bool
inside_holds(const struct inside *inside, const struct burst *burst, unsigned index)
{
	const struct tunnel *tunnel = &burst->tunnels[index];

	return is_wanted(inside->match->tunnel, tunnel) &&
	       (!inside->inner ||
		holds_within(inside->inner, burst->packets[index], &burst->inner[index], tunnel)) &&
	       has_fields(inside, &burst->views[index]);
}
