/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Found: what the reading of all rules comes to: which take the packet, which decides, and which
 * nearly did. For this room alone.
 */
#ifndef EXPLAIN_FOUND_H
#define EXPLAIN_FOUND_H

#include "classify/plan.h"
#include "explain/reading.h"

#define FOUND_NEAR_MAX 100

struct found {
	uint32_t winner; /* rule_count: the default */
	uint8_t *missed; /* by rule: keys that do not hold, at most UINT8_MAX; owned */
	/* Rules that did not take it, the nearest first: of those that are as near, the first. One
	 * behind the winner may miss none. */
	uint32_t near[FOUND_NEAR_MAX];
	unsigned near_count;
};

/* plan: classify's, whose filters are asked, by libpcap's interpreter. -ENOMEM; to be freed in
 * either case. */
int found_make(struct found *found, const struct reading *reading, const struct classify_plan *plan,
	       unsigned near);
void found_free(struct found *found);

static inline bool
found_took(const struct found *found, uint32_t rule)
{
	return found->missed[rule] == 0;
}

/* A rule's filter, or NULL. */
static inline const struct filter *
found_filter(const struct classify_plan *plan, uint32_t rule)
{
	return plan->rule_filters[rule] ? plan->filters[plan->rule_filters[rule] - 1] : NULL;
}

#endif
