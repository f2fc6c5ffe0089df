/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside: conditions on the tunnel of a packet and on what is inside. They are asked one by one,
 * field by field, of packets with tunnels alone; so are the other keys of such rules, which would
 * cost those without a tunnel a look-up otherwise.
 */
#ifndef CLASSIFY_INSIDE_H
#define CLASSIFY_INSIDE_H

#include "classify/match.h"
#include "stage/burst.h"

#define INSIDE_WORDS 3

/* What a match asks of a packet, its own keys and the tunnel's. */
struct inside {
	const struct config_match *match; /* the config's */
	uint32_t kinds;                   /* see match_kinds */
	struct inside *inner;             /* what it asks of the packet inside; NULL: nothing */
	/* Of the words that a view begins with: what single values and prefixes of IPv4 ask, all at
	 * once. */
	uint64_t masks[INSIDE_WORDS], values[INSIDE_WORDS];
	bool more; /* some key has several values, or IPv6 addresses: match is asked, too */
};

/* NULL without memory. The config outlives it. Control thread. */
struct inside *inside_make(const struct config_match *match);
void inside_free(struct inside *inside);

/* Whether a packet of the burst, which was entered, holds it: one that is tunnelled. Worker. */
bool inside_holds(const struct inside *inside, const struct burst *burst, unsigned index);

#endif
