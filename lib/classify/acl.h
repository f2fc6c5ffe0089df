/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Table: rules of one kind of packet, compiled into an rte_acl trie that reads packet views as they
 * are. Made by a control thread (the EAL must run), immutable afterwards, read by any worker.
 */
#ifndef CLASSIFY_ACL_H
#define CLASSIFY_ACL_H

#include <rte_acl.h>
#include <stddef.h>

#include "classify/match.h"
#include "stage/burst.h"

#define ACL_CATEGORIES_MAX RTE_ACL_MAX_CATEGORIES

/* Rules that overlap more than so many of rte_acl's contexts can hold are refused. */
#define ACL_PARTS_MAX 64

/* One rule for a table: of all entries of a category that hold, the one of the least value
 * answers. */
struct acl_entry {
	const struct config_match *match;
	uint64_t from;
	/* What a look-up answers; not 0, which means that nothing holds; less than 2^29. */
	uint32_t value;
	uint32_t category;
};

struct acl {
	uint32_t categories; /* answers for each look-up: 1, or a multiple of 4 */
	uint32_t part_count; /* nearly always 1 */
	struct rte_acl_ctx *parts[ACL_PARTS_MAX];
};

/* Builds the table of a kind from those of the entries that can hold there. *out is NULL when none
 * can. all_ports are the bits that an entry from every port has. Negative errno on failure. */
int acl_make(enum packet_kind kind, const struct acl_entry *entries, size_t count,
	     uint32_t categories, uint64_t all_ports, int numa, struct acl **out);

void acl_free(struct acl *table);

/* Puts the answers of all parts but the first together with those of the first. */
void acl_find_in_parts(const struct acl *table, const struct packet_view **views, unsigned count,
		       uint32_t *answers);

/* Answers categories values for each of at most BURST_MAX views. Worker. */
static inline void
acl_find(const struct acl *table, const struct packet_view **views, unsigned count,
	 uint32_t *answers)
{
	rte_acl_classify(table->parts[0], (const uint8_t **)views, answers, count,
			 table->categories);
	if (table->part_count > 1)
		acl_find_in_parts(table, views, count, answers);
}

#endif
