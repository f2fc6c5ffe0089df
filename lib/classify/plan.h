/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plan: the rules of a config, sorted by how they are looked up. Immutable once made.
 *
 * A rule that decides and has no filter is plain: of all plain rules that hold only the first
 * counts, so one look-up in the terminal table of the packet's kind finds it, and one in the lists
 * those whose lists are long. The others, with a filter or without a last action, are conditional:
 * all that stand before that plain rule must be looked at, in order. Those with keys are found
 * through layers.h and lists as well; those without are in a list for each port, and so are those
 * that look inside a tunnel, in one for packets that have one (inside.h).
 */
#ifndef CLASSIFY_PLAN_H
#define CLASSIFY_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "classify/filter.h"
#include "classify/inside.h"
#include "classify/lists.h"
#include "classify/acl.h"
#include "stage/stage.h"

struct classify_condition {
	uint32_t rule;
	bool decides;
	bool mirrors;                /* passes on and has mirrors */
	const struct filter *filter; /* or NULL */
	struct inside *inside;       /* or NULL; with all keys of the match */
};

/* Some of the conditions, by index, in order of their rules. */
struct classify_list {
	uint32_t first, count; /* in plan->indices */
};

struct classify_port {
	uint32_t terminal; /* the first plain rule without keys, or rule_count for the default */
	struct classify_list always; /* conditions without keys that stand before it */
	/* The same with those that look inside, for packets with tunnels; empty when there are none
	 * of these. */
	struct classify_list tunnelled;
	uint32_t tunnels; /* the kinds that these ask for, by their bits */
	uint32_t enters;  /* the first rule that asks for one */
};

/* Up to 16 layers in one table a kind. */
struct classify_stack {
	struct acl *tables[PACKET_KINDS]; /* NULL: nothing can hold */
};

struct classify_plan {
	const struct config *config;
	uint64_t all_ports;
	uint32_t rule_count;

	/* Tables of plain rules. Kinds with the same rules share one; slots[kind] is its index, or
	 * table_count when no rule can hold. */
	uint32_t table_count;
	struct acl *tables[PACKET_KINDS];
	struct lists *lists;  /* of plain rules that are in no table, by index; or NULL */
	uint64_t table_ports; /* those on which some plain rule with keys can hold */
	uint8_t slots[PACKET_KINDS];
	bool interprets; /* some filter is not machine code */

	uint32_t condition_count, predicate_count, index_count, stack_count;
	struct classify_condition *conditions;
	/* What a stack's table answers is an index here, plus 1. */
	struct classify_list *predicates;
	uint32_t *indices;
	struct classify_stack *stacks;
	uint64_t layer_ports; /* those on which some condition with keys can hold */
	uint32_t layer_count;
	struct lists *predicate_lists; /* of predicates that are in no stack, by index; or NULL */
	uint32_t sources_max;          /* predicates that can hold at once */
	uint32_t passes_max;           /* rules with mirrors that can pass one packet on */

	struct filter **filters; /* one an expression */
	uint32_t *rule_filters;  /* by rule: index of its filter plus 1, or 0 */
	uint32_t filter_count;

	uint64_t looked_ports; /* those whose packets are looked at at all */
	struct classify_port ports[CONFIG_PORTS_MAX];
};

static inline bool
classify_plan_looks_up(const struct classify_plan *plan, uint16_t port)
{
	return plan->table_ports >> port & 1;
}

static inline bool
classify_plan_looks_up_layers(const struct classify_plan *plan, uint16_t port)
{
	return plan->layer_ports >> port & 1;
}

/* Findings in errors and a negative errno on failure. */
int classify_plan_make(const struct stage_env *env, struct classify_plan **out,
		       struct error_list *errors);
void classify_plan_free(struct classify_plan *plan);

#endif
