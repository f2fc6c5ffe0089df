/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether edits find something to do in the packets that their rule takes. */
#include "config/list.h"

#include "core/banned.h"

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_SCTP 132

#define PORTS (CONFIG_SET_SRC_PORT | CONFIG_SET_DST_PORT)

static bool
has(const struct config_set *set, uint32_t value)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (value >= set->ranges[i].low && value <= set->ranges[i].high)
			return true;
	}
	return false;
}

/* The only family of addresses that packets of the rule have, or 0. */
static unsigned
family_of(const struct config_match *match)
{
	const struct config_prefixes *prefixes = match->src.count ? &match->src : &match->dst;

	for (unsigned i = 1; i < prefixes->count; i++) {
		if (prefixes->items[i].family != prefixes->items[0].family)
			return 0;
	}
	return prefixes->count ? prefixes->items[0].family : 0;
}

static void
warn_address(struct reader *reader, const struct spot *spot, const struct config_match *match,
	     const char *key, const struct config_prefix *address)
{
	unsigned family = family_of(match);

	if (family && address->family && family != address->family)
		reader_warning(
			reader, spot,
			"set: %s: the rule takes packets of IPv%u alone, and this address is "
			"of IPv%u; the edit would change nothing",
			key, family, address->family);
}

static void
warn_set(struct reader *reader, const struct spot *spot, const struct config_match *match,
	 const struct config_set_edit *set)
{
	const struct config_set *protocols = &match->protocol;

	if (set->given & PORTS && protocols->count && !has(protocols, PROTOCOL_TCP) &&
	    !has(protocols, PROTOCOL_UDP) && !has(protocols, PROTOCOL_SCTP))
		reader_warning(reader, spot,
			       "set: %s: ports are those of tcp, udp and sctp, and the rule's "
			       "protocol leaves all three out; the edit would change nothing",
			       set->given & CONFIG_SET_DST_PORT ? "dst-port" : "src-port");
	warn_address(reader, spot, match, "src", &set->src);
	warn_address(reader, spot, match, "dst", &set->dst);
}

void
fit_warn(struct reader *reader, const struct config_match *match,
	 const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];
		struct spot spot = {.line = action->place.line, .column = action->place.column};

		if (action->verb == CONFIG_SET)
			warn_set(reader, &spot, match, action->set);
		else if (action->verb == CONFIG_MIRROR && action->with)
			fit_warn(reader, match, action->with);
	}
}
