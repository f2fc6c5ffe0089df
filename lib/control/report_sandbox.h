/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sandbox's part of a report: what holds of it. Control thread; the caller owns the result,
 * NULL: no memory.
 */
#ifndef CONTROL_REPORT_SANDBOX_H
#define CONTROL_REPORT_SANDBOX_H

#include <jansson.h>

struct sandbox_state;

json_t *report_sandbox(const struct sandbox_state *state);

#endif
