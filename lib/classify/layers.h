/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layers: how all conditional rules that a packet matches are found, not the first alone. Rules that no
 * packet can match at once share a layer; each layer is a category of a table, and gives one answer.
 */
#ifndef CLASSIFY_LAYERS_H
#define CLASSIFY_LAYERS_H

#include "classify/plan.h"

/* Fills the plan's predicates and stacks from its conditions. */
int layers_make(struct plan *plan, const struct stage_env *env, struct error_list *errors);

#endif
