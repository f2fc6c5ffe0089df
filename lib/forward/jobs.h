/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Jobs: the forms that a burst's packets are to have, made all at once, edit by edit; then the
 * packets are given to their targets one after the other, so that what leaves on one port leaves in
 * the order in which it came. One worker's.
 */
#ifndef FORWARD_JOBS_H
#define FORWARD_JOBS_H

#include "forward/deliver.h"

/* Delivers a burst of which some packet was taken by a rule with edits or gates, plain lists of
 * other rules among it. */
void jobs_run(const struct forward_plan *plan, struct forward_local *local, struct burst *burst);

/* What they take of a worker's memory, and how it begins. */
size_t jobs_size(const struct forward_plan *plan);
void jobs_begin(const struct forward_plan *plan, struct forward_local *local);

/* What edits packets, for bursts that need no jobs. */
struct edit_local *jobs_editor(struct jobs *jobs);

#endif
