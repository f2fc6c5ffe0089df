/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Box: what two matches have in common, field by field, and packets at its corners. Of what is IP,
 * and of the packet's own fields. For this room alone.
 */
#ifndef EXPLAIN_BOX_H
#define EXPLAIN_BOX_H

#include <stdbool.h>

#include "config/config.h"
#include "explain/made.h"

#define BOX_BODY 1400 /* bytes of payload at most */
#define BOX_FIELDS 6  /* source, destination, protocol, source port, destination port, VLAN */

struct box {
	unsigned family; /* 4 or 6 */
	struct config_prefix addresses[2];
	struct config_range numbers[BOX_FIELDS - 2]; /* protocol, ports, VLAN */
	bool has_vlan, has_protocol;                 /* false: nothing is said of it */
};

/* One of those that they have in common; false: there is none, or none was found. */
bool box_of(const struct config_match *a, const struct config_match *b, unsigned family,
	    struct box *box);

/* The first range that both have; of what is not given the whole of it. False: there is none. */
bool box_range(const struct config_set *a, const struct config_set *b, struct config_range whole,
	       struct config_range *out);

/* Narrows one end, 0 or 1, to those addresses of it that lie in a prefix. False, and it stays as it
 * is: none does. */
bool box_narrow(struct box *box, unsigned end, const struct config_prefix *prefix);

/* The packet at one corner: of each field by its bit the highest value, else the lowest. */
struct made box_corner(const struct box *box, unsigned high);

/* One of those within, the same for the same number: also what the box says nothing of is another
 * in each, as tags, flags and lengths. Its payload is some of BOX_BODY bytes, none of them 0. */
struct made box_sample(const struct box *box, uint64_t number);

#endif
