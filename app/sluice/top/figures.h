/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Figures: what is going on, as JSON: the rates and shares that follow from two snapshots of the
 * daemon. Every pane reads them, and `sluice top --once --json` prints them. What the daemon does
 * not tell is null. Pure.
 */
#ifndef TOP_FIGURES_H
#define TOP_FIGURES_H

#include <jansson.h>
#include <stdbool.h>

/* Rules that are asked for. */
#define FIGURES_RULES 10000

/* now: the result of `snapshot`; before: an earlier one of the same run of the daemon, or NULL, and
 * rates are 0. A new reference; NULL: no memory. */
json_t *figures_make(const json_t *now, const json_t *before);

/* Whether both are of one run, and the daemon's clock went on in between. */
bool figures_follow(const json_t *now, const json_t *before);

#endif
