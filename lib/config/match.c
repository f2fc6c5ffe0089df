/* SPDX-License-Identifier: BSD-3-Clause */
#include <stddef.h>
#include <string.h>

#include "config/key.h"
#include "core/ethertype.h"

#include "core/banned.h"

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_SCTP 132

#define ETHER_TYPE_MAX 0xffff
#define VLAN_MAX 4095
#define PROTOCOL_MAX 255
#define PORT_MAX 65535
#define VNI_MAX 0xffffff
#define LABEL_MAX 0xfffff
#define SESSION_MAX 1023
#define VALUES_TOLD 8 /* of a key */

#define PORTS "a number from 0 to 65535, a range such as 1000-2000, or a list of these"

#define AT(member) KEY_AT(struct config_match, member)

#define ID(name, most, noun)                                                           \
	{                                                                              \
		name, &key_tunnel_id, KEY_AT(struct config_tunnel, id),                \
			.high = (most),                                                \
			.what = noun ", a range such as 1000-2000, or a list of these" \
	}

enum {
	ETHER_TYPE,
	VLAN,
	SRC,
	DST,
	PROTOCOL,
	SRC_PORT,
	DST_PORT,
	TUNNEL,
	VNI,
	TEID,
	KEY,
	LABEL,
	SESSION,
	INNER,
	KEYS_OF_MATCH
};

/* In the order in which they are read and written. */
static const struct key keys[] = {
	[ETHER_TYPE] = {"ether-type", &key_set, AT(ether_type), .high = ETHER_TYPE_MAX,
			.names = &ether_type_words,
			.what = "a name such as ipv4 or arp, a number such as 0x0806, a range, "
				"or a list of these"},
	[VLAN] = {"vlan", &key_set, AT(vlan), .high = VLAN_MAX,
		  .what = "a number from 0 to 4095, a range such as 100-199, or a list of these"},
	[SRC] = {"src", &key_prefixes, AT(src)},
	[DST] = {"dst", &key_prefixes, AT(dst)},
	[PROTOCOL] = {"protocol", &key_set, AT(protocol), .high = PROTOCOL_MAX,
		      .names = &protocol_words,
		      .what = "a name such as tcp, a number from 0 to 255, a range such as "
			      "50-51, or a list of these"},
	[SRC_PORT] = {"src-port", &key_set, AT(src_port), .high = PORT_MAX, .what = PORTS},
	[DST_PORT] = {"dst-port", &key_set, AT(dst_port), .high = PORT_MAX, .what = PORTS},
	[TUNNEL] = {"tunnel", &key_tunnel, KEY_AT(struct config_tunnel, named),
		    .words = key_tunnels,
		    .what = "vxlan, geneve, gre, erspan, gtp-u, ipip or mpls, or a list of these"},
	[VNI] = ID("vni", VNI_MAX, "a number from 0 to 16777215"),
	[TEID] = ID("teid", UINT32_MAX, "a number from 0 to 4294967295"),
	[KEY] = ID("key", UINT32_MAX, "a number from 0 to 4294967295"),
	[LABEL] = ID("label", LABEL_MAX, "a number from 0 to 1048575"),
	[SESSION] = ID("session", SESSION_MAX, "a number from 0 to 1023"),
	[INNER] = {"inner", &key_inner},
};
static const struct key_map map = {"a mapping such as { protocol: udp, dst-port: 53 }", NULL,
				   KEYS(keys)};

enum { IPV4 = 1, IPV6 = 2 };

static unsigned
families(const struct config_prefixes *prefixes)
{
	unsigned found = 0;

	for (unsigned i = 0; i < prefixes->count; i++)
		found |= prefixes->items[i].family == 4 ? IPV4 : IPV6;
	return found ? found : IPV4 | IPV6;
}

/* Keys that no packet can satisfy together are no error: the rule counts nothing, as it says. But
 * they are hardly meant, and would go unseen. */
static void
check_match(struct reader *reader, const struct field *fields, const struct config_match *match)
{
	const struct config_set *types = &match->ether_type, *protocols = &match->protocol;
	unsigned needed = families(&match->src) & families(&match->dst);
	unsigned typed = (config_set_has(types, TYPE_IPV4) ? IPV4 : 0) |
			 (config_set_has(types, TYPE_IPV6) ? IPV6 : 0);
	bool ip = match->src.count || match->dst.count || protocols->count ||
		  match->src_port.count || match->dst_port.count;
	const struct field *port = &fields[match->dst_port.count ? DST_PORT : SRC_PORT];

	if (needed == 0)
		reader_warning(
			reader, &fields[DST].spot,
			"dst: no packet has an address of src's family and one of dst's; the "
			"rule takes nothing");
	else if (types->count && ip && !(typed & needed))
		reader_warning(reader, &fields[ETHER_TYPE].spot,
			       "ether-type: the other keys need %s, which this leaves out; the "
			       "rule takes nothing",
			       needed == IPV4   ? "ipv4"
			       : needed == IPV6 ? "ipv6"
						: "ipv4 or ipv6");
	if (protocols->count && (match->src_port.count || match->dst_port.count) &&
	    !config_set_has(protocols, PROTOCOL_TCP) && !config_set_has(protocols, PROTOCOL_UDP) &&
	    !config_set_has(protocols, PROTOCOL_SCTP))
		reader_warning(
			reader, &port->spot,
			"%s: ports are those of tcp, udp and sctp, and protocol leaves all three "
			"out; the rule takes nothing",
			port->name);
}

/* Where a tunnel is spoken of first. */
static void
check_tunnel(struct reader *reader, const struct field *fields, struct config_match *match)
{
	const struct field *first = NULL, *id = NULL;

	for (unsigned i = TUNNEL; i < KEYS_OF_MATCH; i++) {
		if (!fields[i].given)
			continue;
		first = first ? first : &fields[i];
		id = i > TUNNEL && i < INNER ? &fields[i] : id;
	}
	if (first && match->tunnel)
		tunnel_check(reader, &first->spot, &(id ? id : first)->spot, match);
}

void
match_read(struct reader *reader, const struct spot *spot, struct config_match *match)
{
	unsigned before = reader->errors->count;
	struct field fields[KEYS_MAX];

	if (!key_find(reader, spot, &map, fields))
		return;
	key_take(reader, spot, &map, fields, match);
	if (reader->errors->count == before) {
		check_match(reader, fields, match);
		check_tunnel(reader, fields, match);
	}
}

void
match_write(const struct key_out *out, const struct config_match *match)
{
	key_write_flow(out, &map, match);
}

void
match_clear(struct config_match *match)
{
	key_clear(&map, match);
}

/* Of a set or of prefixes: so many are told. */
static unsigned
shorten(const struct key *key, struct config_match *match)
{
	unsigned *count, all;

	if (key->type == &key_set)
		count = &((struct config_set *)key_at(key, match))->count;
	else if (key->type == &key_prefixes)
		count = &((struct config_prefixes *)key_at(key, match))->count;
	else
		return 0;
	all = *count;
	*count = all > VALUES_TOLD ? VALUES_TOLD : all;
	return all - *count;
}

void
config_match_put(FILE *out, const struct config *config, const struct config_match *match,
		 const char *name)
{
	const struct key_out key_out = {out, config};
	struct config_match some = *match;

	for (unsigned i = 0; i < KEYS_OF_MATCH; i++) {
		const struct key *key = &keys[i];
		unsigned more;

		if (strcmp(key->name, name) != 0)
			continue;
		if (i == TUNNEL && !(match->tunnel && match->tunnel->named)) {
			fputs("one", out);
			return;
		}
		more = shorten(key, &some);
		key->type->write(&key_out, key, &some);
		if (more)
			fprintf(out, " and %u more", more);
	}
}

static void
read_match(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	match_read(reader, spot, key_at(key, into));
}

static void
write_match(const struct key_out *out, const struct key *key, const void *from)
{
	match_write(out, key_at(key, from));
}

static void
clear_match(const struct key *key, void *from)
{
	match_clear(key_at(key, from));
}

const struct key_type key_match = {read_match, write_match, NULL, clear_match};
