/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading: one packet and one rule, key by key, as the manual says it: slow, and without any of the
 * tables that workers ask. For this room alone.
 */
#ifndef EXPLAIN_READING_H
#define EXPLAIN_READING_H

#include <jansson.h>

#include "classify/filter.h"
#include "config/config.h"
#include "packet/tunnel.h"
#include "packet/view.h"

/* A packet as it is read. */
struct reading {
	const struct config *config;
	const struct rte_mbuf *packet;
	const uint8_t *bytes; /* of all of it, side by side */
	uint32_t length, wire_length;
	unsigned port;
	struct packet_view view, inner;
	struct tunnel tunnel; /* TUNNEL_NONE where there is none, and then no inner */
};

/* Fills in what the packet says; the other members are set. */
void reading_begin(struct reading *reading);

/* How a rule fares. filter: its own, or NULL. */
struct reading_of {
	unsigned keys;   /* that it has: from, those of match, those of inner, the filter */
	unsigned missed; /* of these; 0: it takes the packet */
	bool filtered;   /* its filter is one of these */
};

/* fails: NULL, or an array that gets each key that does not hold: { field, has, wants }. */
struct reading_of reading_rule(const struct reading *reading, const struct config_rule *rule,
			       const struct filter *filter, json_t *fails);

/* Fields of the packet by the names of keys; a new reference. */
json_t *reading_fields(const struct reading *reading);

/* "dst-port is 443, not 53", of one of the fails. The caller frees it; NULL: no memory. */
char *reading_why(const json_t *fail);

#endif
