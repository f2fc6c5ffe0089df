/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gauges: how long packets were in the box, how many came at once and how many wait, by port.
 * Nothing is written of an answer that has none of that, as the report at the end of a run.
 */
#ifndef VIEW_GAUGES_H
#define VIEW_GAUGES_H

#include "core/table.h"
#include "view/view.h"

/* A table of those that received something, which fits 80 columns; and two with all of it. */
void gauges_print_brief(const struct view *view);
void gauges_print(const struct view *view);

/* A share of a ring; "not told" where the driver does not say. */
void gauges_backlog_cell(struct table *table, const json_t *share);

#endif
