/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/facts.h"

#include "config/key.h"
#include "core/ethertype.h"

#include "core/banned.h"

#define BIT(kind) CONFIG_TUNNEL_BIT(CONFIG_TUNNEL_##kind)
#define TUNNELS_UDP (BIT(VXLAN) | BIT(GENEVE) | BIT(GTP_U))

/* Lists that are longer are not looked through. */
#define PREFIXES_MAX 4096

bool
facts_may_be(const struct config_set *set, uint32_t value)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (value >= set->ranges[i].low && value <= set->ranges[i].high)
			return true;
	}
	return set->count == 0;
}

static bool
is_just(const struct config_set *set, uint32_t value)
{
	return set->count == 1 && set->ranges[0].low == value && set->ranges[0].high == value;
}

/* They are sorted by family. */
static bool
has_family(const struct config_prefixes *prefixes, unsigned family)
{
	return prefixes->count == 0 || prefixes->items[0].family == family ||
	       prefixes->items[prefixes->count - 1].family == family;
}

/* Some key is of what only IP packets have. */
static bool
names_ip(const struct config_match *match)
{
	return match->src.count || match->dst.count || match->protocol.count ||
	       match->src_port.count || match->dst_port.count;
}

/* The tunnel may be one of these. */
static bool
may_be_in(const struct config_match *match, uint32_t kinds)
{
	return !match->tunnel || (match->tunnel->kinds & kinds);
}

bool
facts_version(const struct facts *facts, unsigned version)
{
	const struct config_match *match = facts->match;

	return !match || (facts_may_be(&match->ether_type, version == 4 ? TYPE_IPV4 : TYPE_IPV6) &&
			  has_family(&match->src, version) && has_family(&match->dst, version) &&
			  may_be_in(match, ~BIT(MPLS)));
}

bool
facts_ports(const struct facts *facts)
{
	const struct config_match *match = facts->match;

	return !match ||
	       (facts_ip(facts) && may_be_in(match, TUNNELS_UDP) &&
		(facts_may_be(&match->protocol, 6) || facts_may_be(&match->protocol, 17) ||
		 facts_may_be(&match->protocol, 132)));
}

bool
facts_link(const struct facts *facts, unsigned ether_type)
{
	const struct config_match *match = facts->match;

	return !match || (!names_ip(match) && facts_may_be(&match->ether_type, ether_type) &&
			  may_be_in(match, BIT(MPLS)));
}

bool
facts_quotes(const struct facts *facts)
{
	const struct config_match *match = facts->match;

	return !match ||
	       (match->src_port.count == 0 && match->dst_port.count == 0 && !match->tunnel &&
		(facts_may_be(&match->protocol, 1) || facts_may_be(&match->protocol, 58)));
}

static bool
may_have(const struct config_match *match, enum config_tunnel_kind kind)
{
	return tunnel_allowed(match, kind) && may_be_in(match, CONFIG_TUNNEL_BIT(kind));
}

bool
facts_strip(const struct facts *facts, enum config_strip_word word)
{
	static const enum config_tunnel_kind kinds[] = {
		[CONFIG_STRIP_MPLS] = CONFIG_TUNNEL_MPLS,
		[CONFIG_STRIP_VXLAN] = CONFIG_TUNNEL_VXLAN,
		[CONFIG_STRIP_GENEVE] = CONFIG_TUNNEL_GENEVE,
		[CONFIG_STRIP_GRE] = CONFIG_TUNNEL_GRE,
		[CONFIG_STRIP_ERSPAN] = CONFIG_TUNNEL_ERSPAN,
		[CONFIG_STRIP_GTP_U] = CONFIG_TUNNEL_GTP_U,
		[CONFIG_STRIP_IPIP] = CONFIG_TUNNEL_IPIP,
	};

	/* Another port may have made a tunnel of it. */
	if (!facts->match || (facts->written & CONFIG_SET_DST_PORT))
		return true;
	switch (word) {
	case CONFIG_STRIP_VLAN:
	case CONFIG_STRIP_VLANS:
		return true;
	case CONFIG_STRIP_PPPOE:
		return facts_link(facts, TYPE_PPPOE);
	case CONFIG_STRIP_VNTAG:
		return facts_link(facts, TYPE_VNTAG);
	case CONFIG_STRIP_ETAG:
		return facts_link(facts, TYPE_ETAG);
	case CONFIG_STRIP_FABRICPATH:
		return facts_link(facts, TYPE_FABRICPATH);
	case CONFIG_STRIP_TUNNEL:
		for (unsigned i = CONFIG_STRIP_MPLS; i < CONFIG_STRIP_TUNNEL; i++) {
			if (facts_strip(facts, i))
				return true;
		}
		return false;
	default:
		return may_have(facts->match, kinds[word]);
	}
}

/* Whether the first bits of both are the same. */
static bool
agree(const struct config_prefix *a, const struct config_prefix *b, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++) {
		if ((a->address[i / 8] ^ b->address[i / 8]) & 0x80 >> i % 8)
			return false;
	}
	return true;
}

/* All those of the family, of which there are some. */
static bool
all_in(const struct config_prefixes *prefixes, const struct config_prefix *around)
{
	bool some = false;

	for (unsigned i = 0; i < prefixes->count && i <= PREFIXES_MAX; i++) {
		const struct config_prefix *prefix = &prefixes->items[i];

		if (prefix->family != around->family)
			continue;
		if (i == PREFIXES_MAX || prefix->length < around->length ||
		    !agree(prefix, around, around->length))
			return false;
		some = true;
	}
	return some;
}

bool
facts_same(const struct facts *facts, const struct config_set_edit *set,
	   enum config_set_field field)
{
	const struct config_match *match = facts->match;

	if (!match || (facts->written & field))
		return false;
	switch (field) {
	case CONFIG_SET_VLAN:
		return !facts->retagged && is_just(&match->vlan, set->vlan);
	case CONFIG_SET_SRC:
		return all_in(&match->src, &set->src);
	case CONFIG_SET_DST:
		return all_in(&match->dst, &set->dst);
	case CONFIG_SET_SRC_PORT:
		return is_just(&match->src_port, set->src_port);
	case CONFIG_SET_DST_PORT:
		return is_just(&match->dst_port, set->dst_port);
	default:
		return false;
	}
}

static bool
none_in(const struct config_prefixes *prefixes, const struct config_prefix *other)
{
	if (prefixes->count > PREFIXES_MAX)
		return false;
	for (unsigned i = 0; i < prefixes->count; i++) {
		const struct config_prefix *prefix = &prefixes->items[i];
		unsigned bits = prefix->length < other->length ? prefix->length : other->length;

		if (prefix->family == other->family && agree(prefix, other, bits))
			return false;
	}
	return prefixes->count > 0;
}

bool
facts_elsewhere(const struct facts *facts, const struct config_prefix *prefix)
{
	return facts->match && !(facts->written & (CONFIG_SET_SRC | CONFIG_SET_DST)) &&
	       none_in(&facts->match->src, prefix) && none_in(&facts->match->dst, prefix);
}

static void
forget(struct facts *facts)
{
	*facts = (struct facts){0};
}

/* What was behind more tags than are looked through comes into sight. */
static void
strip_tags(struct facts *facts)
{
	const struct config_set *types = &facts->match->ether_type;

	facts->retagged = true;
	if (types->count && (facts_may_be(types, 0x8100) || facts_may_be(types, 0x88a8) ||
			     facts_may_be(types, 0x9100)))
		forget(facts);
}

/* Of the one tunnel that it can be, what is inside is known. */
static void
strip_tunnel(struct facts *facts, enum config_strip_word word)
{
	const struct config_tunnel *tunnel = facts->match->tunnel;
	bool sure = tunnel && !(facts->written & CONFIG_SET_DST_PORT) &&
		    (word == CONFIG_STRIP_TUNNEL || !(tunnel->kinds & (tunnel->kinds - 1)));

	*facts = (struct facts){.match = sure ? tunnel->inner : NULL};
}

static void
strip(struct facts *facts, const struct config_strip *strip)
{
	for (unsigned i = 0; i < strip->count && facts->match; i++) {
		enum config_strip_word word = strip->what[i];

		if (!facts_strip(facts, word))
			continue;
		if (word == CONFIG_STRIP_VLAN || word == CONFIG_STRIP_VLANS)
			strip_tags(facts);
		else
			strip_tunnel(facts, word);
	}
}

#define PORTS ((unsigned)(CONFIG_SET_SRC_PORT | CONFIG_SET_DST_PORT))

void
facts_edit(struct facts *facts, const struct config_action *edit)
{
	if (!facts->match)
		return;
	switch (edit->verb) {
	case CONFIG_SET:
		facts->written |= facts_ports(facts) ? edit->set->given : edit->set->given & ~PORTS;
		break;
	case CONFIG_NAT:
		facts->written |= CONFIG_SET_SRC | CONFIG_SET_DST;
		break;
	case CONFIG_PUSH:
		if (edit->push->kind == CONFIG_PUSH_VLAN)
			facts->retagged = true;
		else
			forget(facts);
		break;
	case CONFIG_STRIP:
		strip(facts, edit->strip);
		break;
	case CONFIG_MASK:
		if (edit->mask->after != CONFIG_AFTER_TRANSPORT || facts->match->tunnel)
			forget(facts);
		break;
	default:
		break;
	}
}
