/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Params: the parameters of methods: which there are, of what type, and whether a call's are.
 */
#ifndef CONTROL_PARAMS_H
#define CONTROL_PARAMS_H

#include "control/method.h"

/* As `methods` lists them. A new reference. */
json_t *params_json(const struct method *method);

/* False with call->error set when one is unknown, missing or of another type. */
bool params_admit(struct call *call);

#endif
