/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Comparison: what compare.c adds up and comparison.c tells of. For these alone.
 */
#ifndef EXPLAIN_COMPARISON_H
#define EXPLAIN_COMPARISON_H

#include "explain/change.h"
#include "explain/deeds.h"
#include "explain/flows.h"

struct compare_side {
	struct explain *explain;
	struct trial *trial; /* its burst's rules have what each took */
	uint32_t *deeds;     /* by rule; owned */
};

struct compare {
	struct compare_side old, new;
	struct deeds deeds;
	struct flows flows;
	struct changes changes;
	uint64_t packets, same, flow_count;
	uint64_t cut;     /* packets of which not all bytes are known */
	uint64_t strange; /* see compare_strange */
};

/* The result, but for what is made of it; a new reference, or NULL without memory. */
json_t *comparison_tell(const struct compare *compare);

/* One side of a change as it is told; a new reference. */
json_t *comparison_side(const struct config *config, const struct change_side *side);

/* What both do with a packet that is none of those compared: 1 if they treat it otherwise, 0 if
 * not, or as compare_add. *kind is to be given back to compare_forget in any case. */
int compare_decide(struct compare *compare, const struct compare_packet *packet,
		   struct change *kind);
void compare_forget(struct change *kind);

#endif
