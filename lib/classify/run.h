/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Run: the worker's side, in two halves. Both write burst->verdicts.
 */
#ifndef CLASSIFY_RUN_H
#define CLASSIFY_RUN_H

#include "classify/local.h"
#include "classify/plan.h"

/* In a verdict of the first half, above the rule's number: the packet may have a tunnel that a rule
 * before asks for. The second half takes it away. The cache keeps both together, so that packets of
 * a flow that has none cost nothing more. */
#define RUN_ENTERS (UINT32_C(1) << 20)

_Static_assert(CONFIG_RULES_MAX < RUN_ENTERS && (RUN_ENTERS | CONFIG_RULES_MAX) <= CACHE_VALUE_MAX,
	       "numbers of rules leave a bit of what the cache keeps");

/* Sets each verdict to the first plain rule that holds, or the default. */
void classify_run_terminal(const struct classify_plan *plan, struct classify_local *local,
			   struct burst *burst);

/* Runs the conditional rules that stand before those verdicts: counts those that pass a packet on,
 * lists those with mirrors in burst->passed, and puts those that decide in the verdicts. */
void classify_run_conditional(const struct classify_plan *plan, struct classify_local *local,
			      struct burst *burst);

#endif
