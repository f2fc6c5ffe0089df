/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layout: what the table of a kind looks at, in rte_acl's words. Only what some rule names becomes
 * part of it, as each group of fields costs every look-up the same. Pure data.
 */
#ifndef CLASSIFY_LAYOUT_H
#define CLASSIFY_LAYOUT_H

#include "classify/acl.h"

/* Fields of one group lie in the same aligned four bytes of the view, which is what rte_acl reads
 * in one step. */
enum layout_group {
	LAYOUT_FIRST, /* rte_acl wants one field of one byte before all others */
	LAYOUT_SRC,   /* words of the address: 1 of IPv4, 4 of IPv6 */
	LAYOUT_DST = LAYOUT_SRC + 4,
	LAYOUT_PORTS = LAYOUT_DST + 4,
	LAYOUT_TAG,  /* vlan and in_port */
	LAYOUT_TYPE, /* ether_type without IP; the protocol where it is not in front */
	LAYOUT_GROUPS
};

struct classify_layout {
	enum packet_kind kind;
	unsigned family; /* 4, 6, or 0 */
	unsigned words;  /* of an address */
	uint32_t used;   /* bit a group */
	struct rte_acl_config acl;
	uint8_t field[LAYOUT_GROUPS]; /* the index of a group's first field */
	uint8_t protocol;             /* the index of its field */
};

void classify_layout_start(struct classify_layout *layout, enum packet_kind kind);

/* The groups that an entry needs, bit by bit. */
uint32_t classify_layout_groups(const struct classify_layout *layout, const struct acl_entry *entry,
				uint64_t all_ports);

/* Makes the rte_acl config of the groups in used. */
void classify_layout_finish(struct classify_layout *layout, uint32_t categories);

static inline bool
classify_layout_has(const struct classify_layout *layout, unsigned group)
{
	return layout->used >> group & 1;
}

#endif
