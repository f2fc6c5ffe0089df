/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steps: of a rule's list, what each action counted, as JSON.
 */
#ifndef CONTROL_REPORT_STEPS_H
#define CONTROL_REPORT_STEPS_H

#include <stdbool.h>
#include <stdio.h>

#include "engine/snapshot.h"

/* Writes an array. False, and nothing, of a list without edits and gates: each of its actions got
 * all packets. */
bool report_put_steps(FILE *out, const struct snapshot *snapshot, unsigned index);

#endif
