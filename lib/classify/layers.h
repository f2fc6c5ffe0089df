/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layers: how all conditional rules that a packet matches are found, not the first alone. Rules
 * that no packet can match at once share a layer; each layer is a category of a table, and gives
 * one answer.
 */
#ifndef CLASSIFY_LAYERS_H
#define CLASSIFY_LAYERS_H

#include "classify/plan.h"

/* Comparing every match with every other: so many take some ten seconds, in a control thread. */
#define LAYERS_MATCHES_MAX 50000

/* Fills the plan's predicates and stacks from its conditions. */
int layers_make(struct classify_plan *plan, const struct stage_env *env, struct error_list *errors);

#endif
