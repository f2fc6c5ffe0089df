/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Witness: packets that nobody sent, made to show where two configs differ: at the corners of what
 * a rule that is another, or stands elsewhere, has in common with those of the other config. Each
 * is told of only where both configs, read rule by rule as by their tables, do treat it otherwise.
 * So what is told is so; that nothing is told proves nothing. Of rules with filters, or that look
 * into tunnels, there are none.
 */
#ifndef EXPLAIN_WITNESS_H
#define EXPLAIN_WITNESS_H

#include "explain/comparison.h"

/* Adds `witnesses` of what the result's changes do not show to it, and `untried`. What the trials
 * have counted is lost. */
void witnesses_add(struct compare *compare, json_t *result);

#endif
