/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plan: the actions of every rule and of the default, in words that a worker follows without
 * looking at the config. Immutable once made.
 */
#ifndef FORWARD_PLAN_H
#define FORWARD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "forward/form.h"
#include "forward/others.h"

/* A target in one byte: slots of ports first, as the commonest needs no decoding. */
enum {
	FORWARD_GROUP = CONFIG_PORTS_MAX,                  /* FORWARD_GROUP + i is group i */
	FORWARD_OTHER = FORWARD_GROUP + CONFIG_GROUPS_MAX, /* and FORWARD_OTHER + i others[i] */
	FORWARD_FORMS =
		FORWARD_OTHER + FORWARD_OTHERS_MAX, /* no target: the list has edits or gates */
	FORWARD_DROP_RULE,
	FORWARD_DROP_DEFAULT,
};

_Static_assert(FORWARD_DROP_DEFAULT <= UINT8_MAX, "one byte");

/* How a packet ends, in one word, so that whole bursts compare cheaply: the target in the low byte,
 * above it the number of its list of mirrors (0: none). Of FORWARD_FORMS it is that of
 * forms.lists. */
typedef uint32_t forward_end;
#define END_TARGET(end) ((end)&0xff)
#define END_MIRRORS(end) ((end) >> 8)

static inline bool
forward_has_forms(forward_end end)
{
	return END_TARGET(end) == FORWARD_FORMS;
}

struct forward_mirrors {
	uint32_t first, count; /* in plan->targets */
	/* Its targets are ports, none of them named twice, by the list's end neither; and that is a
	 * port or a drop. */
	bool whole;
};

struct forward_group {
	uint32_t count;                        /* of members */
	bool inner;                            /* by the flow of what is in a tunnel */
	uint32_t slots;                        /* what all their shares are together */
	uint8_t ports[CONFIG_GROUP_PORTS_MAX]; /* by member */
	uint16_t shares[CONFIG_GROUP_PORTS_MAX];
	uint8_t table[CONFIG_SHARES_MAX]; /* slots ports, each as often as its share says */
};

struct forward_plan {
	bool enters;                          /* a group takes that of what is inside */
	bool uses_groups;                     /* a group takes a flow hash of each packet */
	struct port *ports[CONFIG_PORTS_MAX]; /* by slot */
	struct forward_group groups[CONFIG_GROUPS_MAX];
	forward_end *ends;               /* of each rule, then of the default */
	struct forward_mirrors *mirrors; /* lists; number 0 is empty */
	uint8_t *targets;
	struct forward_others others;
	struct forms forms;
	/* For what is made of packets (own.h); NULL when only checking. */
	struct rte_mempool *packets, *headers;
	uint32_t copy_break;
};

/* Makes the plan, or returns NULL when out of memory; others are the plan's from now on, or
 * freed. */
struct forward_plan *forward_plan_make(const struct stage_env *env, struct forward_others *others);
void forward_plan_free(struct forward_plan *plan);

#endif
