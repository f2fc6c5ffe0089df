/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Witness: packets that nobody sent, made to show where two configs differ: at the corners of what
 * a rule that is another, stands elsewhere, or names something that is defined otherwise has in
 * common with those of the other config, and of the two rules of one name within it, too, as which
 * flows a group's members have is a matter of each. Each is told of only where both configs, read
 * rule by rule as by their tables, do treat it otherwise. So what is told is so; that nothing is
 * told proves nothing, and of which rules that is so is told as well.
 */
#ifndef EXPLAIN_WITNESS_H
#define EXPLAIN_WITNESS_H

#include "explain/comparison.h"

/* Adds to the result `witnesses` of what its changes do not show, `untried` and `unshown`. What the
 * trials have counted is lost. */
void witnesses_add(struct compare *compare, json_t *result);

#endif
