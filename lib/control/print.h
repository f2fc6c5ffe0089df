/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Print: a snapshot as the report that a person reads at the end of a run.
 */
#ifndef CONTROL_PRINT_H
#define CONTROL_PRINT_H

#include <stdio.h>

#include "engine/snapshot.h"

void report_print(const struct snapshot *snapshot, FILE *out);

#endif
