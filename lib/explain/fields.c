/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/fields.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "config/words.h"

#include "core/banned.h"

static const char *const names[FIELDS] = {
	[FIELD_ETHER_TYPE] = "ether-type",
	[FIELD_VLAN] = "vlan",
	[FIELD_SRC] = "src",
	[FIELD_DST] = "dst",
	[FIELD_PROTOCOL] = "protocol",
	[FIELD_SRC_PORT] = "src-port",
	[FIELD_DST_PORT] = "dst-port",
};

const char *
field_name(enum field field)
{
	return names[field];
}

bool
field_is_there(const struct packet_view *view, enum field field)
{
	switch (field) {
	case FIELD_ETHER_TYPE:
		return view->kind != PACKET_RUNT;
	case FIELD_VLAN:
		return view->vlan != PACKET_NO_VLAN;
	case FIELD_SRC:
	case FIELD_DST:
		return view->kind != PACKET_RUNT && view->kind != PACKET_OTHER;
	case FIELD_PROTOCOL:
		return view->kind == PACKET_IPV4 || view->kind == PACKET_IPV6 ||
		       view->kind == PACKET_IPV4_PORTS || view->kind == PACKET_IPV6_PORTS;
	default:
		return view->kind == PACKET_IPV4_PORTS || view->kind == PACKET_IPV6_PORTS;
	}
}

uint32_t
field_number(const struct packet_view *view, enum field field)
{
	switch (field) {
	case FIELD_ETHER_TYPE:
		return ntohs(view->ether_type);
	case FIELD_VLAN:
		return ntohs(view->vlan);
	case FIELD_PROTOCOL:
		return view->protocol;
	case FIELD_SRC_PORT:
		return ntohs(view->src_port);
	default:
		return ntohs(view->dst_port);
	}
}

const uint8_t *
field_address(const struct packet_view *view, enum field field, unsigned *family)
{
	*family = view->kind & PACKET_WIDE ? 6 : 4;
	if (*family == 6)
		return field == FIELD_SRC ? view->src6 : view->dst6;
	return (const uint8_t *)(field == FIELD_SRC ? &view->src4 : &view->dst4);
}

static json_t *
named(const struct words *words, uint32_t number)
{
	const char *name = words_name(words, number);

	return name ? json_string(name) : json_integer(number);
}

json_t *
field_json(const struct packet_view *view, enum field field)
{
	char text[INET6_ADDRSTRLEN];
	const uint8_t *address;
	unsigned family;

	if (!field_is_there(view, field))
		return json_null();
	switch (field) {
	case FIELD_SRC:
	case FIELD_DST:
		address = field_address(view, field, &family);
		inet_ntop(family == 4 ? AF_INET : AF_INET6, address, text, sizeof(text));
		return json_string(text);
	case FIELD_ETHER_TYPE:
		return named(&ether_type_words, field_number(view, field));
	case FIELD_PROTOCOL:
		return named(&protocol_words, field_number(view, field));
	default:
		return json_integer(field_number(view, field));
	}
}

const char *
field_tunnel(enum tunnel_kind kind)
{
	static const char *const kinds[TUNNEL_KINDS] = {
		[TUNNEL_NONE] = "none",     [TUNNEL_MPLS] = "mpls", [TUNNEL_VXLAN] = "vxlan",
		[TUNNEL_GENEVE] = "geneve", [TUNNEL_GRE] = "gre",   [TUNNEL_ERSPAN] = "erspan",
		[TUNNEL_GTP_U] = "gtp-u",   [TUNNEL_IPIP] = "ipip", [TUNNEL_PPPOE] = "pppoe",
	};

	return kinds[kind];
}
