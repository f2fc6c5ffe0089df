/* SPDX-License-Identifier: BSD-3-Clause */
#include <stddef.h>

#include "config/reader.h"

#include "core/banned.h"

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_SCTP 132

#define ETHER_TYPE_MAX 0xffff
#define VLAN_MAX 4095
#define PROTOCOL_MAX 255
#define PORT_MAX 65535

enum {
	FIELD_ETHER_TYPE,
	FIELD_VLAN,
	FIELD_SRC,
	FIELD_DST,
	FIELD_PROTOCOL,
	FIELD_SRC_PORT,
	FIELD_DST_PORT,
	FIELDS
};

static bool
has(const struct config_set *set, uint32_t value)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (value >= set->ranges[i].low && value <= set->ranges[i].high)
			return true;
	}
	return false;
}

enum { IPV4 = 1, IPV6 = 2 };

static unsigned
families(const struct config_prefixes *prefixes)
{
	unsigned found = 0;

	for (unsigned i = 0; i < prefixes->count; i++)
		found |= prefixes->items[i].family == 4 ? IPV4 : IPV6;
	return found ? found : IPV4 | IPV6;
}

/* Keys that no packet can satisfy together are no error: the rule counts nothing, as it says. But they
 * are hardly meant, and would go unseen. */
static void
check_match(struct reader *reader, const struct field *fields, const struct config_match *match)
{
	const struct config_set *types = &match->ether_type, *protocols = &match->protocol;
	unsigned needed = families(&match->src) & families(&match->dst);
	unsigned typed = (has(types, TYPE_IPV4) ? IPV4 : 0) | (has(types, TYPE_IPV6) ? IPV6 : 0);
	bool ip = match->src.count || match->dst.count || protocols->count ||
		  match->src_port.count || match->dst_port.count;
	const struct field *port = &fields[match->dst_port.count ? FIELD_DST_PORT : FIELD_SRC_PORT];

	if (needed == 0)
		reader_warning(
			reader, &fields[FIELD_DST].spot,
			"dst: no packet has an address of src's family and one of dst's; the "
			"rule takes nothing");
	else if (types->count && ip && !(typed & needed))
		reader_warning(reader, &fields[FIELD_ETHER_TYPE].spot,
			       "ether-type: the other keys need %s, which this leaves out; the "
			       "rule takes nothing",
			       needed == IPV4   ? "ipv4"
			       : needed == IPV6 ? "ipv6"
						: "ipv4 or ipv6");
	if (protocols->count && (match->src_port.count || match->dst_port.count) &&
	    !has(protocols, PROTOCOL_TCP) && !has(protocols, PROTOCOL_UDP) &&
	    !has(protocols, PROTOCOL_SCTP))
		reader_warning(
			reader, &port->spot,
			"%s: ports are those of tcp, udp and sctp, and protocol leaves all three "
			"out; the rule takes nothing",
			port->name);
}

void
read_match(struct reader *reader, const struct spot *spot, struct config_match *match)
{
	static const char ether_type[] =
		"a name such as ipv4 or arp, a number such as 0x0806, a range, or a list of these";
	static const char vlan[] =
		"a number from 0 to 4095, a range such as 100-199, or a list of these";
	static const char protocol[] =
		"a name such as tcp, a number from 0 to 255, a range such as "
		"50-51, or a list of these";
	static const char port[] =
		"a number from 0 to 65535, a range such as 1000-2000, or a list of these";
	const struct {
		const struct words *words;
		uint32_t max;
		const char *what;
		struct config_set *set;
	} sets[FIELDS] = {
		[FIELD_ETHER_TYPE] = {&ether_type_words, ETHER_TYPE_MAX, ether_type,
				      &match->ether_type},
		[FIELD_VLAN] = {NULL, VLAN_MAX, vlan, &match->vlan},
		[FIELD_PROTOCOL] = {&protocol_words, PROTOCOL_MAX, protocol, &match->protocol},
		[FIELD_SRC_PORT] = {NULL, PORT_MAX, port, &match->src_port},
		[FIELD_DST_PORT] = {NULL, PORT_MAX, port, &match->dst_port},
	};
	struct field fields[FIELDS] = {
		[FIELD_ETHER_TYPE] = {"ether-type"},
		[FIELD_VLAN] = {"vlan"},
		[FIELD_SRC] = {"src"},
		[FIELD_DST] = {"dst"},
		[FIELD_PROTOCOL] = {"protocol"},
		[FIELD_SRC_PORT] = {"src-port"},
		[FIELD_DST_PORT] = {"dst-port"},
	};
	unsigned before = reader->errors->count;

	if (!reader_fields(reader, spot, fields, FIELDS,
			   "a mapping such as { protocol: udp, dst-port: 53 }"))
		return;
	for (unsigned i = 0; i < FIELDS; i++) {
		if (fields[i].given && sets[i].set)
			read_set(reader, &fields[i].spot, sets[i].words, sets[i].max, sets[i].what,
				 sets[i].set);
	}
	if (fields[FIELD_SRC].given)
		read_prefixes(reader, &fields[FIELD_SRC].spot, &match->src);
	if (fields[FIELD_DST].given)
		read_prefixes(reader, &fields[FIELD_DST].spot, &match->dst);
	if (reader->errors->count == before)
		check_match(reader, fields, match);
}
