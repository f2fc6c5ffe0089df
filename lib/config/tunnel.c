/* SPDX-License-Identifier: BSD-3-Clause */
/* What a rule says of a tunnel and of what is inside; each type is given the match. */
#include <stdlib.h>
#include <string.h>

#include "config/facts.h"
#include "config/list.h"
#include "core/ethertype.h"
#include "core/text.h"

#include "core/banned.h"

#define PROTOCOL_IPIP 4
#define PROTOCOL_UDP 17
#define PROTOCOL_IPV6 41
#define PROTOCOL_GRE 47

#define BIT(kind) CONFIG_TUNNEL_BIT(CONFIG_TUNNEL_##kind)
#define KINDS_ALL (CONFIG_TUNNEL_BIT(CONFIG_TUNNEL_KINDS) - CONFIG_TUNNEL_BIT(1))
/* What is in these is an IP packet, which has no tags. */
#define KINDS_BARE (BIT(GTP_U) | BIT(IPIP))
#define MESSAGE_BYTES 160

const struct key_word key_tunnels[] = {
	{"vxlan", BIT(VXLAN)}, {"geneve", BIT(GENEVE)},
	{"gre", BIT(GRE)},     {"erspan", BIT(ERSPAN)},
	{"gtp-u", BIT(GTP_U)}, {"ipip", BIT(IPIP)},
	{"mpls", BIT(MPLS)},   {NULL, 0},
};

/* What announces them. */
static const struct {
	const char *words;
	uint16_t protocols[2], port;
} outsides[CONFIG_TUNNEL_KINDS] = {
	[CONFIG_TUNNEL_MPLS] = {"ether-type: mpls"},
	[CONFIG_TUNNEL_VXLAN] = {"protocol: udp, dst-port: 4789", {PROTOCOL_UDP}, 4789},
	[CONFIG_TUNNEL_GENEVE] = {"protocol: udp, dst-port: 6081", {PROTOCOL_UDP}, 6081},
	[CONFIG_TUNNEL_GRE] = {"protocol: gre", {PROTOCOL_GRE}},
	[CONFIG_TUNNEL_ERSPAN] = {"protocol: gre", {PROTOCOL_GRE}},
	[CONFIG_TUNNEL_GTP_U] = {"protocol: udp, dst-port: 2152", {PROTOCOL_UDP}, 2152},
	[CONFIG_TUNNEL_IPIP] = {"protocol: [ipip, ipv6]", {PROTOCOL_IPIP, PROTOCOL_IPV6}},
};

/* Their numbers, of which a tunnel has one. */
static const struct {
	const char *name, *whose;
	uint32_t kinds;
} ids[] = {
	{"vni", "vxlan and geneve have one", BIT(VXLAN) | BIT(GENEVE)},
	{"teid", "gtp-u has one", BIT(GTP_U)},
	{"key", "gre has one", BIT(GRE)},
	{"label", "mpls has one", BIT(MPLS)},
	{"session", "erspan has one", BIT(ERSPAN)},
};

const char *
config_tunnel_id(const struct config_tunnel *tunnel)
{
	return tunnel->id_of ? ids[tunnel->id_of - 1].name : NULL;
}

static struct config_tunnel *
tunnel_of(struct reader *reader, struct config_match *match)
{
	if (!match->tunnel) {
		match->tunnel = reader_alloc(reader, 1, sizeof(*match->tunnel));
		if (match->tunnel)
			match->tunnel->kinds = KINDS_ALL;
	}
	return match->tunnel;
}

static void
read_tunnel(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_tunnel *tunnel = tunnel_of(reader, into);

	if (tunnel)
		key_words.read(reader, spot, key, tunnel);
}

static void
write_tunnel(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_match *match = from;

	key_words.write(out, key, match->tunnel);
}

static bool
has_tunnel(const struct key *key, const void *from)
{
	const struct config_match *match = from;

	return match->tunnel && match->tunnel->named;
}

/* All that is said of it. */
static void
clear_tunnel(const struct key *key, void *from)
{
	struct config_match *match = from;
	struct config_tunnel *tunnel = match->tunnel;

	if (!tunnel)
		return;
	free(tunnel->id.ranges);
	if (tunnel->inner)
		match_clear(tunnel->inner);
	free(tunnel->inner);
	free(tunnel);
	match->tunnel = NULL;
}

static unsigned
find_id(const char *name)
{
	unsigned id = 0;

	while (strcmp(ids[id].name, name) != 0)
		id++;
	return id + 1;
}

static void
read_id(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_tunnel *tunnel = tunnel_of(reader, into);

	if (!tunnel)
		return;
	if (tunnel->id_of) {
		reader_error(reader, spot,
			     "%s: the rule names %s, too, and no tunnel has both; leave one out",
			     key->name, ids[tunnel->id_of - 1].name);
		return;
	}
	tunnel->id_of = find_id(key->name);
	key_set.read(reader, spot, key, tunnel);
}

static void
write_id(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_match *match = from;

	key_set.write(out, key, match->tunnel);
}

static bool
has_id(const struct key *key, const void *from)
{
	const struct config_match *match = from;

	return match->tunnel && match->tunnel->id_of == find_id(key->name);
}

static void
read_inner(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_tunnel *tunnel = tunnel_of(reader, into);

	if (!tunnel)
		return;
	tunnel->inner = reader_alloc(reader, 1, sizeof(*tunnel->inner));
	if (tunnel->inner)
		match_read(reader, spot, tunnel->inner);
}

static void
write_inner(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_match *match = from;

	match_write(out, match->tunnel->inner);
}

static bool
has_inner(const struct key *key, const void *from)
{
	const struct config_match *match = from;

	return match->tunnel && match->tunnel->inner;
}

const struct key_type key_tunnel = {read_tunnel, write_tunnel, has_tunnel, clear_tunnel};
const struct key_type key_tunnel_id = {read_id, write_id, has_id, NULL};
const struct key_type key_inner = {read_inner, write_inner, has_inner, NULL};

/* "vxlan", or "vxlan or geneve". */
static const char *
list_kinds(uint32_t kinds, char *text)
{
	const char *names[CONFIG_TUNNEL_KINDS];
	unsigned count = 0;

	for (const struct key_word *word = key_tunnels; word->name; word++) {
		if (kinds & word->value)
			names[count++] = word->name;
	}
	text_list(text, MESSAGE_BYTES, names, count, " or ");
	return text;
}

bool
tunnel_allowed(const struct config_match *match, enum config_tunnel_kind kind)
{
	const uint16_t *protocols = outsides[kind].protocols, port = outsides[kind].port;

	if (kind == CONFIG_TUNNEL_MPLS)
		return (facts_may_be(&match->ether_type, TYPE_MPLS) ||
			facts_may_be(&match->ether_type, TYPE_MPLS_MULTICAST)) &&
		       match->src.count + match->dst.count + match->protocol.count +
				       match->src_port.count + match->dst_port.count ==
			       0;
	if (!facts_may_be(&match->ether_type, TYPE_IPV4) &&
	    !facts_may_be(&match->ether_type, TYPE_IPV6))
		return false;
	if (!facts_may_be(&match->protocol, protocols[0]) &&
	    !(protocols[1] && facts_may_be(&match->protocol, protocols[1])))
		return false;
	return port ? facts_may_be(&match->dst_port, port)
		    : match->src_port.count + match->dst_port.count == 0;
}

static void
warn_outside(struct reader *reader, const struct spot *spot, const struct config_match *match)
{
	uint32_t kinds = match->tunnel->kinds;
	char text[MESSAGE_BYTES];
	unsigned first = __builtin_ctz(kinds);

	for (uint32_t left = kinds; left; left &= left - 1) {
		if (tunnel_allowed(match, __builtin_ctz(left)))
			return;
	}
	if (kinds & (kinds - 1))
		reader_warning(reader, spot,
			       "%s: the other keys leave out each tunnel that it may be (%s); the "
			       "rule takes nothing",
			       spot_key(spot), list_kinds(kinds, text));
	else
		reader_warning(reader, spot,
			       "%s: a packet with %s has %s, which the other keys leave out; the "
			       "rule takes nothing",
			       spot_key(spot), list_kinds(kinds, text), outsides[first].words);
}

void
tunnel_check(struct reader *reader, const struct spot *spot, const struct spot *id,
	     struct config_match *match)
{
	struct config_tunnel *tunnel = match->tunnel;
	char text[MESSAGE_BYTES];

	if (tunnel->named)
		tunnel->kinds = tunnel->named;
	if (tunnel->id_of) {
		unsigned of = tunnel->id_of - 1;

		if (!(tunnel->kinds & ids[of].kinds)) {
			reader_error(reader, id, "%s: %s has no %s; %s", ids[of].name,
				     list_kinds(tunnel->kinds, text), ids[of].name, ids[of].whose);
			return;
		}
		tunnel->kinds &= ids[of].kinds;
	}
	warn_outside(reader, spot, match);
	if (tunnel->inner && tunnel->inner->vlan.count && !(tunnel->kinds & ~KINDS_BARE))
		reader_warning(reader, spot,
			       "inner: vlan: what is in %s is an IP packet, which has no tags; the "
			       "rule takes nothing",
			       list_kinds(tunnel->kinds, text));
}
