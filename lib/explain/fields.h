/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fields: what a packet has, by the names of the keys that ask for it. For this room alone.
 */
#ifndef EXPLAIN_FIELDS_H
#define EXPLAIN_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

#include "packet/tunnel.h"
#include "packet/view.h"

enum field {
	FIELD_ETHER_TYPE,
	FIELD_VLAN,
	FIELD_SRC,
	FIELD_DST,
	FIELD_PROTOCOL,
	FIELD_SRC_PORT,
	FIELD_DST_PORT,
	FIELDS
};

/* As a match has it: "dst-port". */
const char *field_name(enum field field);

/* Whether a packet of this view has it. */
bool field_is_there(const struct packet_view *view, enum field field);

/* Its number in host order; of what is no address, and there. */
uint32_t field_number(const struct packet_view *view, enum field field);

/* Its bytes, 4 or 16; of an address that is there. */
const uint8_t *field_address(const struct packet_view *view, enum field field, unsigned *family);

/* A number, a name or an address as text, or null where it is not there; a new reference. */
json_t *field_json(const struct packet_view *view, enum field field);

/* "vxlan"; of none "none". */
const char *field_tunnel(enum tunnel_kind kind);

#endif
