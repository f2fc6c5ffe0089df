/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Line: a packet that was looked at, on one line.
 */
#ifndef SLUICE_LINE_H
#define SLUICE_LINE_H

#include <jansson.h>
#include <stdio.h>

/* What became of a packet: "dns, web -> t1 ids", "default: dropped (default)". */
void line_fate(FILE *out, const json_t *packet);

void line_print(FILE *out, const json_t *packet);

#endif
