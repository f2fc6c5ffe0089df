/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules for classifier tests: random ones cut from real packets, and a plain reading of what they mean.
 * Everything that rules point to lives in one arena.
 */
#ifndef TESTS_RULES_KIT_H
#define TESTS_RULES_KIT_H

#include <assert.h>
#include <pcap/pcap.h>
#include <rte_byteorder.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "packet/view.h"

struct arena {
	char *memory;
	size_t used, size;
};

static inline void *
arena_take(struct arena *arena, size_t size)
{
	void *taken = arena->memory + arena->used;

	arena->used += (size + 15) / 16 * 16;
	assert(arena->used <= arena->size);
	memset(taken, 0, size);
	return taken;
}

static inline unsigned
chance(unsigned in)
{
	return (unsigned)rand() % in == 0;
}

static int
by_low(const void *a, const void *b)
{
	const struct config_range *left = a, *right = b;

	return left->low < right->low ? -1 : left->low > right->low;
}

/* Sorted, merged where ranges touch, as a config's sets are. */
static inline void
set_finish(struct config_set *set)
{
	unsigned kept = 0;

	qsort(set->ranges, set->count, sizeof(*set->ranges), by_low);
	for (unsigned i = 1; i < set->count; i++) {
		struct config_range *last = &set->ranges[kept];

		if (set->ranges[i].low <= last->high + 1) {
			if (set->ranges[i].high > last->high)
				last->high = set->ranges[i].high;
		} else {
			set->ranges[++kept] = set->ranges[i];
		}
	}
	set->count = kept + 1;
}

/* How many values the lists of the next match have at most. */
static unsigned longest_list = 4;

static inline unsigned
list_length(void)
{
	return chance(3) || longest_list > 4 ? 1 + rand() % longest_list : 1;
}

/* A set with the value in it, most of the time. */
static inline struct config_set
set_around(struct arena *arena, uint32_t value, uint32_t most)
{
	struct config_set set = {.count = list_length()};

	set.ranges = arena_take(arena, set.count * sizeof(*set.ranges));
	for (unsigned i = 0; i < set.count; i++) {
		uint32_t middle = i == 0 && !chance(20) ? value : (uint32_t)rand() % (most + 1);
		uint32_t below = chance(2) ? 0 : (uint32_t)rand() % 300;
		uint32_t above = chance(2) ? 0 : (uint32_t)rand() % 300;

		middle = middle > most ? most : middle;
		set.ranges[i].low = middle < below ? 0 : middle - below;
		set.ranges[i].high = middle + above > most ? most : middle + above;
	}
	set_finish(&set);
	return set;
}

static inline void
prefix_around(struct config_prefix *prefix, const void *address, uint8_t family)
{
	unsigned bits = family == 4 ? 32 : 128;

	memset(prefix, 0, sizeof(*prefix));
	prefix->family = family;
	prefix->length = chance(3) ? bits : (unsigned)rand() % (bits + 1);
	memcpy(prefix->address, address, bits / 8);
	if (chance(8))
		prefix->address[rand() % (bits / 8)] ^= 1 << rand() % 8;
	for (unsigned bit = prefix->length; bit < bits; bit++)
		prefix->address[bit / 8] &= ~(0x80 >> bit % 8);
}

static inline bool
prefix_holds(const struct config_prefix *prefix, unsigned family, const uint8_t *address)
{
	unsigned bit = 0;

	if (prefix->family != family)
		return false;
	while (bit < prefix->length &&
	       ((address[bit / 8] ^ prefix->address[bit / 8]) & 0x80 >> bit % 8) == 0)
		bit++;
	return bit == prefix->length;
}

static int
by_address(const void *a, const void *b)
{
	const struct config_prefix *left = a, *right = b;
	int order = left->family - right->family;

	order = order ? order : memcmp(left->address, right->address, 16);
	return order ? order : left->length - right->length;
}

/* Sorted, without those that lie within others, as a config's prefixes are. */
static inline void
prefixes_finish(struct config_prefixes *prefixes)
{
	unsigned kept = 0;

	qsort(prefixes->items, prefixes->count, sizeof(*prefixes->items), by_address);
	for (unsigned i = 1; i < prefixes->count; i++) {
		const struct config_prefix *item = &prefixes->items[i];

		if (!prefix_holds(&prefixes->items[kept], item->family, item->address))
			prefixes->items[++kept] = *item;
	}
	prefixes->count = kept + 1;
}

static inline struct config_prefixes
prefixes_around(struct arena *arena, const struct packet_view *view, bool source)
{
	struct config_prefixes prefixes = {.count = list_length()};
	uint8_t other[16];

	prefixes.items = arena_take(arena, prefixes.count * sizeof(*prefixes.items));
	for (unsigned i = 0; i < prefixes.count; i++) {
		bool is4 = view->kind == PACKET_IPV4 || view->kind == PACKET_IPV4_PORTS;
		bool is6 = view->kind >= PACKET_IPV6_BARE;

		for (unsigned j = 0; j < 16; j++)
			other[j] = rand();
		if (is4 && !chance(8))
			prefix_around(&prefixes.items[i], source ? &view->src4 : &view->dst4, 4);
		else if (is6 && !chance(8))
			prefix_around(&prefixes.items[i], source ? view->src6 : view->dst6, 6);
		else
			prefix_around(&prefixes.items[i], other, chance(2) ? 4 : 6);
	}
	prefixes_finish(&prefixes);
	return prefixes;
}

/* A match cut from a packet: some of its fields, sometimes one that it has not. */
static inline void
match_around(struct arena *arena, struct config_match *match, const struct packet_view *view,
	     unsigned rarity)
{
	if (chance(rarity))
		match->ether_type = set_around(arena, rte_be_to_cpu_16(view->ether_type), 65535);
	if (chance(view->vlan == PACKET_NO_VLAN ? rarity * 4 : rarity))
		match->vlan = set_around(arena, rte_be_to_cpu_16(view->vlan) & 4095, 4095);
	if (chance(rarity))
		match->protocol = set_around(arena, view->protocol, 255);
	if (chance(rarity))
		match->src_port = set_around(arena, rte_be_to_cpu_16(view->src_port), 65535);
	if (chance(rarity))
		match->dst_port = set_around(arena, rte_be_to_cpu_16(view->dst_port), 65535);
	if (chance(rarity))
		match->src = prefixes_around(arena, view, true);
	if (chance(rarity))
		match->dst = prefixes_around(arena, view, false);
}

static inline bool
plain_set_holds(const struct config_set *set, bool has, uint32_t value)
{
	if (set->count == 0)
		return true;
	for (unsigned i = 0; has && i < set->count; i++) {
		if (value >= set->ranges[i].low && value <= set->ranges[i].high)
			return true;
	}
	return false;
}

static inline bool
plain_prefixes_hold(const struct config_prefixes *prefixes, unsigned family, const void *address)
{
	if (prefixes->count == 0)
		return true;
	for (unsigned i = 0; i < prefixes->count; i++) {
		if (prefix_holds(&prefixes->items[i], family, address))
			return true;
	}
	return false;
}

/* What a match means, key by key. */
static inline bool
plain_match_holds(const struct config_match *match, const struct packet_view *view)
{
	bool is4 = view->kind == PACKET_IPV4 || view->kind == PACKET_IPV4_PORTS;
	bool is6 = view->kind >= PACKET_IPV6_BARE;
	bool has_protocol = is4 || view->kind == PACKET_IPV6 || view->kind == PACKET_IPV6_PORTS;
	bool has_ports = view->kind == PACKET_IPV4_PORTS || view->kind == PACKET_IPV6_PORTS;
	unsigned family = is4 ? 4 : is6 ? 6 : 0;

	return plain_set_holds(&match->ether_type, view->kind != PACKET_RUNT,
			       rte_be_to_cpu_16(view->ether_type)) &&
	       plain_set_holds(&match->vlan, view->vlan != PACKET_NO_VLAN,
			       rte_be_to_cpu_16(view->vlan)) &&
	       plain_set_holds(&match->protocol, has_protocol, view->protocol) &&
	       plain_set_holds(&match->src_port, has_ports, rte_be_to_cpu_16(view->src_port)) &&
	       plain_set_holds(&match->dst_port, has_ports, rte_be_to_cpu_16(view->dst_port)) &&
	       plain_prefixes_hold(&match->src, family,
				   is6 ? (const void *)view->src6 : &view->src4) &&
	       plain_prefixes_hold(&match->dst, family,
				   is6 ? (const void *)view->dst6 : &view->dst4);
}

#endif
