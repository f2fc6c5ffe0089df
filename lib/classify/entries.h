/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entries: whether a rule's combinations may stand in a table, or its lists are looked up one by
 * one.
 */
#ifndef CLASSIFY_ENTRIES_H
#define CLASSIFY_ENTRIES_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "packet/view.h"

/* Entries of one table, all combinations of rules' lists. rte_acl takes some 200 bytes for each and
 * minutes to build much larger ones. */
#define ENTRIES_MAX 1000000

/* Combinations of one rule in a table. What has more, or would make the table too large, is looked
 * up field by field (lists.h): lists of which rte_acl would make one trie multiply there, also
 * those of one rule with those of another. */
#define ENTRIES_COMBINATIONS_MAX 32

/* Whether a rule is to be looked up in lists, not in tables. If not, its combinations are added to
 * totals, which are those of the rules before it, by kind. */
bool entries_are_listed(const struct config_rule *rule, uint64_t from, uint64_t all_ports,
			uint64_t totals[PACKET_KINDS]);

#endif
