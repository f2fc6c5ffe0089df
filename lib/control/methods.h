/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Methods: the table of all that clients can call. For method.c, which has its functions.
 */
#ifndef CONTROL_METHODS_H
#define CONTROL_METHODS_H

#include "control/method.h"

#define METHODS_MAX 64

extern const struct method method_table[];
extern const unsigned method_count;

/* Of method.c: lists the table. */
void answer_methods(struct method_daemon *daemon, struct call *call);

#endif
