/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The method that has workers find out what they could take.
 */
#ifndef CONTROL_METHOD_REHEARSE_H
#define CONTROL_METHOD_REHEARSE_H

#include "control/method.h"

/* Answers at once with who rehearses; what came of it is in `workers`. See method.h. */
void answer_rehearse(struct method_daemon *daemon, struct call *call);

#endif
