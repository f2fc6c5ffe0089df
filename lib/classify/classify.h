/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classify: gives each packet of a burst the rule that decides it, counts what rules took, and
 * lists packets that a rule with mirrors passed on. First match wins, in the order of the config.
 *
 * Reading order: match.h (when may a rule hold), plan.h (how rules are sorted into tables and
 * lists), acl.h, lists.h, filter.h, cache.h, then run.h, which is all that a worker executes.
 */
#ifndef CLASSIFY_CLASSIFY_H
#define CLASSIFY_CLASSIFY_H

#include "stage/stage.h"

/* manner() says "jit" or "interpreter" of a rule with a filter and NULL of others. */
extern const struct stage classify_stage;

#endif
