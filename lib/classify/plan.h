/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plan: the rules of a config, sorted by how they are looked up. Immutable once made.
 *
 * A rule that decides and has no filter is plain: of all plain rules that hold only the first counts,
 * so one look-up in the terminal table of the packet's kind finds it, and one in the lists those whose
 * lists are long. The others, with a filter or without a last action, are conditional: all that stand
 * before that plain rule must be looked at, in order. Those with keys are found through layers.h and
 * lists as well; those without are in a list for each port.
 */
#ifndef CLASSIFY_PLAN_H
#define CLASSIFY_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "classify/filter.h"
#include "classify/lists.h"
#include "classify/table.h"
#include "stage/stage.h"

/* Entries of one table, all combinations of rules' lists. rte_acl takes some 200 bytes for each and
 * minutes to build much larger ones. */
#define PLAN_ENTRIES_MAX 1000000

/* Combinations of one rule in a table. What has more, or would make the table too large, is looked up field
 * by field (lists.h): lists of which rte_acl would make one trie multiply there, also those of one rule with
 * those of another. */
#define PLAN_COMBINATIONS_MAX 32

struct plan_condition {
	uint32_t rule;
	bool decides;
	bool mirrors;                /* passes on and has mirrors */
	const struct filter *filter; /* or NULL */
};

/* Some of the conditions, by index, in order of their rules. */
struct plan_list {
	uint32_t first, count; /* in plan->indices */
};

struct plan_port {
	uint32_t terminal; /* the first plain rule without keys, or rule_count for the default */
	struct plan_list always; /* conditions without keys that stand before it */
};

/* Up to 16 layers in one table a kind. */
struct plan_stack {
	struct table *tables[PACKET_KINDS]; /* NULL: nothing can hold */
};

struct plan {
	const struct config *config;
	uint64_t all_ports;
	uint32_t rule_count;

	/* Tables of plain rules. Kinds with the same rules share one; slots[kind] is its index, or
	 * table_count when no rule can hold. */
	uint32_t table_count;
	struct table *tables[PACKET_KINDS];
	struct lists *lists;  /* of plain rules that are in no table, by index; or NULL */
	uint64_t table_ports; /* those on which some plain rule with keys can hold */
	uint8_t slots[PACKET_KINDS];
	bool interprets; /* some filter is not machine code */

	uint32_t condition_count, predicate_count, index_count, stack_count;
	struct plan_condition *conditions;
	struct plan_list *predicates; /* what a stack's table answers is an index here, plus 1 */
	uint32_t *indices;
	struct plan_stack *stacks;
	uint64_t layer_ports; /* those on which some condition with keys can hold */
	uint32_t layer_count;
	struct lists *predicate_lists; /* of predicates that are in no stack, by index; or NULL */
	uint32_t sources_max;          /* predicates that can hold at once */
	uint32_t passes_max;           /* rules with mirrors that can pass one packet on */

	struct filter **filters; /* one an expression */
	uint32_t *rule_filters;  /* by rule: index of its filter plus 1, or 0 */
	uint32_t filter_count;

	uint64_t looked_ports; /* those whose packets are looked at at all */
	struct plan_port ports[CONFIG_PORTS_MAX];
};

static inline bool
plan_looks_up(const struct plan *plan, uint16_t port)
{
	return plan->table_ports >> port & 1;
}

static inline bool
plan_looks_up_layers(const struct plan *plan, uint16_t port)
{
	return plan->layer_ports >> port & 1;
}

/* Findings in errors and a negative errno on failure. */
int plan_make(const struct stage_env *env, struct plan **out, struct error_list *errors);
void plan_free(struct plan *plan);

/* Whether a rule is to be looked up in lists, not in tables. If not, its combinations are added to totals,
 * which are those of the rules before it, by kind. */
bool plan_is_listed(const struct plan *plan, const struct config_rule *rule, uint64_t from,
		    uint64_t totals[PACKET_KINDS]);

/* A finding about memory that a table did not get. */
int plan_table_failed(int ret, struct error_list *errors);

#endif
