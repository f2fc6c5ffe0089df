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

#endif
