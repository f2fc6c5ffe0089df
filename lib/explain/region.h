/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Region: what two matches have in common, outside a tunnel and inside of it, and packets of it.
 * For this room alone.
 */
#ifndef EXPLAIN_REGION_H
#define EXPLAIN_REGION_H

#include "explain/box.h"

#define REGION_PLAIN 0 /* no tunnel is asked of */

struct region {
	unsigned tunnel;  /* enum config_tunnel_kind, or REGION_PLAIN */
	struct box box;   /* of the packet, or of the one around */
	struct box inner; /* of a tunnel's; as is id */
	struct config_range id;
};

/* The tunnels that they ask for, by bits, REGION_PLAIN among them; 0: none has both. */
uint32_t region_tunnels(const struct config_match *a, const struct config_match *b);

/* Of one of the tunnels, and of IP of one family inside it. False: they have nothing in common of
 * the kind, or nothing was found, as where an inner match asks of a tunnel itself. */
bool region_of(const struct config_match *a, const struct config_match *b, unsigned tunnel,
	       unsigned family, unsigned inner_family, struct region *region);

/* The packet at one corner, outside and inside, or one within, see box.h. -ENOMEM. */
int region_corner(const struct region *region, unsigned high, struct words_packet *packet);
int region_sample(const struct region *region, uint64_t number, struct words_packet *packet);

#endif
