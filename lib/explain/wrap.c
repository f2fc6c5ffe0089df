/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/wrap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/ethertype.h"
#include "packet/tunnel.h"

#include "core/banned.h"

#define HEADER_MAX 16
#define MACS 12
#define TTL 64

enum { IPIP = 4, IPV6 = 41, GRE = 47 };

static void
put(uint8_t *at, unsigned bytes, uint32_t value)
{
	while (bytes > 0) {
		at[--bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static int
protocol_of(enum config_tunnel_kind kind, unsigned inner_family)
{
	switch (kind) {
	case CONFIG_TUNNEL_VXLAN:
	case CONFIG_TUNNEL_GENEVE:
	case CONFIG_TUNNEL_GTP_U:
		return MADE_UDP;
	case CONFIG_TUNNEL_GRE:
	case CONFIG_TUNNEL_ERSPAN:
		return GRE;
	default:
		return inner_family == 4 ? IPIP : IPV6;
	}
}

static int
port_of(enum config_tunnel_kind kind)
{
	switch (kind) {
	case CONFIG_TUNNEL_VXLAN:
		return TUNNEL_PORT_VXLAN;
	case CONFIG_TUNNEL_GENEVE:
		return TUNNEL_PORT_GENEVE;
	default:
		return TUNNEL_PORT_GTP_U;
	}
}

static bool
has(const struct config_set *set, int value)
{
	return set->count == 0 || config_set_has(set, (uint32_t)value);
}

/* Behind labels there is nothing that keys outside speak of. */
static bool
says_ip(const struct config_match *match)
{
	return match->src.count || match->dst.count || match->protocol.count ||
	       match->src_port.count || match->dst_port.count;
}

bool
wrap_outside(const struct config_match *match, enum config_tunnel_kind kind, unsigned inner_family,
	     struct config_match *out)
{
	int protocol = protocol_of(kind, inner_family);

	*out = *match;
	out->tunnel = NULL;
	if (kind == CONFIG_TUNNEL_MPLS) {
		out->ether_type.count = 0;
		return !says_ip(match) && has(&match->ether_type, TYPE_MPLS);
	}
	/* It is put in by wrap_build, whatever else the set has. */
	out->protocol.count = out->dst_port.count = 0;
	if (!has(&match->protocol, protocol))
		return false;
	if (protocol == MADE_UDP)
		return has(&match->dst_port, port_of(kind));
	return !match->src_port.count && !match->dst_port.count;
}

/* Returns its length. What follows is a frame, or from where *from says in the inner one. */
static size_t
put_header(uint8_t *at, enum config_tunnel_kind kind, uint32_t id, size_t network, size_t length,
	   size_t *from)
{
	*from = 0;
	switch (kind) {
	case CONFIG_TUNNEL_VXLAN: /* RFC 7348 section 5 */
		at[0] = 0x08;
		put(at + 4, 3, id);
		return 8;
	case CONFIG_TUNNEL_GENEVE: /* RFC 8926 section 3.4 */
		put(at + 2, 2, TYPE_BRIDGED);
		put(at + 4, 3, id);
		return 8;
	case CONFIG_TUNNEL_GTP_U: /* 3GPP TS 29.281 section 5.1 */
		*from = network;
		put(at, 2, 0x30ff);
		put(at + 2, 2, (uint32_t)(length - network));
		put(at + 4, 4, id);
		return 8;
	case CONFIG_TUNNEL_GRE: /* RFC 2890 section 2, with a key */
		put(at, 4, 0x20000000 | TYPE_BRIDGED);
		put(at + 4, 4, id);
		return 8;
	case CONFIG_TUNNEL_ERSPAN: /* draft-foschiano-erspan-03 section 4.2, with a sequence */
		put(at, 4, 0x10000000 | TYPE_ERSPAN2);
		put(at + 8, 4, 0x10000000 | id);
		return 16;
	default:
		*from = network;
		return 0;
	}
}

/* Where IP begins in what made_build makes. */
static size_t
network_of(const struct words_packet *inner)
{
	return inner->bytes[MACS] == 0x81 ? MACS + 6 : MACS + 2;
}

/* RFC 3032: one label, the last, in the place of the type; the outer frame's link header alone is
 * taken. */
static int
build_mpls(const struct made *outer, uint32_t id, const struct words_packet *inner,
	   struct words_packet *packet)
{
	size_t from = network_of(inner), link;
	uint8_t *bytes;

	if (made_build(outer, packet) < 0)
		return -ENOMEM;
	link = network_of(packet);
	bytes = calloc(1, link + 4 + inner->length - from);
	if (bytes) {
		memcpy(bytes, packet->bytes, link);
		put(bytes + link - 2, 2, TYPE_MPLS);
		put(bytes + link, 4, id << 12 | 1 << 8 | TTL);
		memcpy(bytes + link + 4, inner->bytes + from, inner->length - from);
	}
	free(packet->bytes);
	packet->bytes = bytes;
	packet->length = (uint32_t)(link + 4 + inner->length - from);
	return bytes ? 0 : -ENOMEM;
}

int
wrap_build(const struct made *outer, enum config_tunnel_kind kind, uint32_t id,
	   const struct words_packet *inner, struct words_packet *packet)
{
	size_t network = network_of(inner), from, header;
	struct made made = *outer;
	uint8_t *body;
	int ret;

	if (kind == CONFIG_TUNNEL_MPLS)
		return build_mpls(outer, id, inner, packet);
	body = calloc(1, HEADER_MAX + inner->length);
	if (!body)
		return -ENOMEM;
	header = put_header(body, kind, id, network, inner->length, &from);
	memcpy(body + header, inner->bytes + from, inner->length - from);
	made.payload = (int)(header + inner->length - from);
	made.body = body;
	made.protocol = protocol_of(kind, inner->bytes[network] >> 4);
	if (made.protocol == MADE_UDP)
		made.ends[1].port = port_of(kind);
	ret = made_build(&made, packet);
	free(body);
	return ret;
}
