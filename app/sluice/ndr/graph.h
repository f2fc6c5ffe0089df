/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Graph: loss and latency over pace, as a picture (SVG 1.1): a dot a trial, filled if it held.
 */
#ifndef SLUICE_NDR_GRAPH_H
#define SLUICE_NDR_GRAPH_H

#include <jansson.h>
#include <stdbool.h>

/* report: as run_ndr makes it. False, said on stderr, when it can't be written. */
bool graph_write(const json_t *report, const char *path);

#endif
