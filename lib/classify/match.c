/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/match.h"

#include "core/ethertype.h"

#include <string.h>

#include "core/banned.h"

bool
match_is_empty(const struct config_match *match)
{
	return match->ether_type.count == 0 && match->vlan.count == 0 &&
	       match->protocol.count == 0 && match->src_port.count == 0 &&
	       match->dst_port.count == 0 && match->src.count == 0 && match->dst.count == 0;
}

unsigned
match_prefixes(const struct config_prefixes *prefixes, uint8_t family)
{
	unsigned count = 0;

	for (unsigned i = 0; i < prefixes->count; i++)
		count += prefixes->items[i].family == family;
	return count;
}

static unsigned
prefix_kinds(const struct config_prefixes *prefixes)
{
	unsigned kinds = 0;

	if (prefixes->count == 0)
		return KINDS_ALL;
	if (match_prefixes(prefixes, 4))
		kinds |= KINDS_IPV4;
	if (match_prefixes(prefixes, 6))
		kinds |= KINDS_IPV6;
	return kinds;
}

unsigned
match_kinds(const struct config_match *match)
{
	unsigned kinds = prefix_kinds(&match->src) & prefix_kinds(&match->dst);

	if (match->ether_type.count) {
		unsigned reach = KIND_BIT(PACKET_OTHER);

		if (config_set_has(&match->ether_type, TYPE_IPV4))
			reach |= KINDS_IPV4;
		if (config_set_has(&match->ether_type, TYPE_IPV6))
			reach |= KINDS_IPV6;
		kinds &= reach;
	}
	if (match->protocol.count)
		kinds &= KINDS_PROTOCOL;
	if (match->src_port.count || match->dst_port.count)
		kinds &= KINDS_PORTS;
	return kinds;
}

static bool
set_equal(const struct config_set *a, const struct config_set *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++) {
		if (a->ranges[i].low != b->ranges[i].low || a->ranges[i].high != b->ranges[i].high)
			return false;
	}
	return true;
}

static unsigned
address_length(const struct config_prefix *prefix)
{
	return prefix->family == 4 ? 4 : 16;
}

static bool
prefixes_equal(const struct config_prefixes *a, const struct config_prefixes *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++) {
		const struct config_prefix *x = &a->items[i], *y = &b->items[i];

		if (x->family != y->family || x->length != y->length ||
		    memcmp(x->address, y->address, address_length(x)) != 0)
			return false;
	}
	return true;
}

bool
match_equal(const struct config_match *a, const struct config_match *b)
{
	return set_equal(&a->ether_type, &b->ether_type) && set_equal(&a->vlan, &b->vlan) &&
	       set_equal(&a->protocol, &b->protocol) && set_equal(&a->src_port, &b->src_port) &&
	       set_equal(&a->dst_port, &b->dst_port) && prefixes_equal(&a->src, &b->src) &&
	       prefixes_equal(&a->dst, &b->dst);
}

/* FNV-1a. */
static uint64_t
hash_bytes(uint64_t hash, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static uint64_t
hash_set(uint64_t hash, const struct config_set *set)
{
	hash = hash_bytes(hash, &set->count, sizeof(set->count));
	return hash_bytes(hash, set->ranges, set->count * sizeof(*set->ranges));
}

static uint64_t
hash_prefixes(uint64_t hash, const struct config_prefixes *prefixes)
{
	hash = hash_bytes(hash, &prefixes->count, sizeof(prefixes->count));
	for (unsigned i = 0; i < prefixes->count; i++) {
		const struct config_prefix *prefix = &prefixes->items[i];

		hash = hash_bytes(hash, &prefix->length, 1);
		hash = hash_bytes(hash, prefix->address, address_length(prefix));
	}
	return hash;
}

uint64_t
match_hash(const struct config_match *match)
{
	uint64_t hash = 0xcbf29ce484222325;

	hash = hash_set(hash, &match->ether_type);
	hash = hash_set(hash, &match->vlan);
	hash = hash_set(hash, &match->protocol);
	hash = hash_set(hash, &match->src_port);
	hash = hash_set(hash, &match->dst_port);
	hash = hash_prefixes(hash, &match->src);
	return hash_prefixes(hash, &match->dst);
}

static bool
sets_overlap(const struct config_set *a, const struct config_set *b)
{
	unsigned i = 0, j = 0;

	if (a->count == 0 || b->count == 0)
		return true;
	while (i < a->count && j < b->count) {
		if (a->ranges[i].high < b->ranges[j].low)
			i++;
		else if (b->ranges[j].high < a->ranges[i].low)
			j++;
		else
			return true;
	}
	return false;
}

static bool
prefix_pair_overlaps(const struct config_prefix *a, const struct config_prefix *b)
{
	unsigned bits = a->length < b->length ? a->length : b->length;

	if (a->family != b->family)
		return false;
	if (memcmp(a->address, b->address, bits / 8) != 0)
		return false;
	return bits % 8 == 0 ||
	       (a->address[bits / 8] ^ b->address[bits / 8]) >> (8 - bits % 8) == 0;
}

/* Which of two prefixes comes first in the order of a config's lists. */
static int
prefix_order(const struct config_prefix *a, const struct config_prefix *b)
{
	return a->family != b->family ? a->family - b->family
				      : memcmp(a->address, b->address, address_length(a));
}

/* None of a list lies in another of it, so what comes before the other list's next can overlap
 * none. */
static bool
prefixes_overlap(const struct config_prefixes *a, const struct config_prefixes *b)
{
	unsigned i = 0, j = 0;

	if (a->count == 0 || b->count == 0)
		return true;
	while (i < a->count && j < b->count) {
		if (prefix_pair_overlaps(&a->items[i], &b->items[j]))
			return true;
		if (prefix_order(&a->items[i], &b->items[j]) < 0)
			i++;
		else
			j++;
	}
	return false;
}

bool
match_overlap(const struct config_match *a, const struct config_match *b)
{
	return prefixes_overlap(&a->src, &b->src) && prefixes_overlap(&a->dst, &b->dst) &&
	       sets_overlap(&a->dst_port, &b->dst_port) &&
	       sets_overlap(&a->src_port, &b->src_port) &&
	       sets_overlap(&a->protocol, &b->protocol) && sets_overlap(&a->vlan, &b->vlan) &&
	       sets_overlap(&a->ether_type, &b->ether_type) &&
	       (match_kinds(a) & match_kinds(b)) != 0;
}

unsigned
match_port_runs(uint64_t ports)
{
	return __builtin_popcountll(ports & ~(ports << 1));
}

uint64_t
match_entries(const struct config_match *match, uint64_t from, uint64_t all_ports,
	      enum packet_kind kind)
{
	uint64_t entries = 1;
	unsigned factors[7], count = 0;

	if (!(match_kinds(match) & KIND_BIT(kind)))
		return 0;
	if (from != all_ports)
		factors[count++] = match_port_runs(from);
	if (match->vlan.count)
		factors[count++] = match->vlan.count;
	if (kind == PACKET_OTHER && match->ether_type.count)
		factors[count++] = match->ether_type.count;
	if (match->protocol.count)
		factors[count++] = match->protocol.count;
	if (match->src_port.count)
		factors[count++] = match->src_port.count;
	if (match->dst_port.count)
		factors[count++] = match->dst_port.count;
	for (unsigned i = 0; i < 2; i++) {
		const struct config_prefixes *prefixes = i ? &match->dst : &match->src;
		unsigned family = KIND_BIT(kind) & KINDS_IPV4 ? 4 : 6;

		if (prefixes->count &&
		    __builtin_mul_overflow(entries, match_prefixes(prefixes, family), &entries))
			return UINT64_MAX;
	}
	while (count > 0) {
		if (__builtin_mul_overflow(entries, factors[--count], &entries))
			return UINT64_MAX;
	}
	return entries;
}
