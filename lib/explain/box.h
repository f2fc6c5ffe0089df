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

#define BOX_FIELDS 6 /* source, destination, protocol, source port, destination port, VLAN */

struct box {
	unsigned family; /* 4 or 6 */
	struct config_prefix addresses[2];
	struct config_range numbers[BOX_FIELDS - 2]; /* protocol, ports, VLAN */
	bool has_vlan;
};

/* One of those that they have in common; false: there is none, or none was found. */
bool box_of(const struct config_match *a, const struct config_match *b, unsigned family,
	    struct box *box);

/* The packet at one corner: of each field by its bit the highest value, else the lowest. */
struct made box_corner(const struct box *box, unsigned high);

#endif
