/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Metrics: what the daemon answers to `snapshot`, as Prometheus reads it (text format 0.0.4). A
 * table has a row a metric (table.h), from which the text is written and listed. Knows JSON and
 * nothing of packets, as lib/view. One thread.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <jansson.h>
#include <stdio.h>

/* Rules that are told, where nobody says how many: each is some series. */
#define METRICS_RULES 500
#define METRICS_RULES_MAX 1000000

/* What the text is, as HTTP says it. */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Parameters of `snapshot`, with so many rules at most; a new reference. */
json_t *metrics_params(unsigned rules);

/* Writes the text of an answer's result, which it adds to; NULL: nobody answered. seconds: what
 * asking took. */
void metrics_put(FILE *out, json_t *snapshot, double seconds);

/* Writes what there is, with type, labels and meaning, as tables in Markdown. */
void metrics_list(FILE *out);

#endif
