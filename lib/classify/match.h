/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Match: a rule's keys and ports as a product of sets, one set a field. All functions are pure.
 * What a match says of a tunnel is left to inside.h: here it is the packet's own fields.
 */
#ifndef CLASSIFY_MATCH_H
#define CLASSIFY_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "packet/view.h"

#define KIND_BIT(kind) (1u << (kind))
#define KINDS_IPV4 (KIND_BIT(PACKET_IPV4) | KIND_BIT(PACKET_IPV4_PORTS))
#define KINDS_IPV6 \
	(KIND_BIT(PACKET_IPV6_BARE) | KIND_BIT(PACKET_IPV6) | KIND_BIT(PACKET_IPV6_PORTS))
#define KINDS_PORTS (KIND_BIT(PACKET_IPV4_PORTS) | KIND_BIT(PACKET_IPV6_PORTS))
#define KINDS_PROTOCOL (KINDS_PORTS | KIND_BIT(PACKET_IPV4) | KIND_BIT(PACKET_IPV6))
#define KINDS_ALL (KIND_BIT(PACKET_KINDS) - 1)

/* True when none of these keys was given, so that every packet has what is asked. */
bool match_is_empty(const struct config_match *match);

/* Bits of the kinds that have every field the match names, with a value in reach. */
unsigned match_kinds(const struct config_match *match);

bool match_equal(const struct config_match *a, const struct config_match *b);
uint64_t match_hash(const struct config_match *match);

/* False only when no packet can hold both. */
bool match_overlap(const struct config_match *a, const struct config_match *b);

/* Whether a packet holds it, of which the kind is one of match_kinds. Worker. */
bool match_holds(const struct config_match *match, const struct packet_view *view);

/* Whether a set has a number; one that was not given has all. */
bool match_holds_number(const struct config_set *set, uint32_t value);

/* In how many table entries of a kind the match and a set of ports result; 0 when the kind is none
 * of match_kinds. Saturates at UINT64_MAX. */
uint64_t match_entries(const struct config_match *match, uint64_t from, uint64_t all_ports,
		       enum packet_kind kind);

/* How many of them are of a family, 4 or 6. */
unsigned match_prefixes(const struct config_prefixes *prefixes, uint8_t family);

/* Runs of consecutive bits. */
unsigned match_port_runs(uint64_t ports);

#endif
