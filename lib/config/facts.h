/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Facts: what a rule's match says of the packets that an edit of its list gets, where edits before
 * it have left that true. Whatever is not certain is taken for possible.
 */
#ifndef CONFIG_FACTS_H
#define CONFIG_FACTS_H

#include <stdbool.h>

#include "config/config.h"

/* Whether a match lets a field be this: no values let it be any. */
bool facts_may_be(const struct config_set *set, uint32_t value);

struct facts {
	const struct config_match
		*match;   /* holds of them but for what follows; NULL: nothing is known */
	unsigned written; /* enum config_set_field, that edits may have written */
	bool retagged;    /* tags were put on or off */
};

/* Whether a packet may be one of IPv4, or IPv6. */
bool facts_version(const struct facts *facts, unsigned version);
static inline bool
facts_ip(const struct facts *facts)
{
	return facts_version(facts, 4) || facts_version(facts, 6);
}

/* Whether it may have a transport header with ports. */
bool facts_ports(const struct facts *facts);

/* Whether it may have none of IP, and this ether-type. */
bool facts_link(const struct facts *facts, unsigned ether_type);

/* Whether it may quote another packet: an ICMP error. */
bool facts_quotes(const struct facts *facts);

/* Whether a strip may find something to take off. */
bool facts_strip(const struct facts *facts, enum config_strip_word word);

/* Whether all have what a set would write into this field, of those that have the field. */
bool facts_same(const struct facts *facts, const struct config_set_edit *set,
		enum config_set_field field);

/* Whether both addresses of all lie elsewhere. */
bool facts_elsewhere(const struct facts *facts, const struct config_prefix *prefix);

/* What is true behind an edit, which is no named list. */
void facts_edit(struct facts *facts, const struct config_action *edit);

#endif
