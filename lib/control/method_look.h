/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods that look at packets: they show payload, so they are on the control socket alone.
 */
#ifndef CONTROL_METHOD_LOOK_H
#define CONTROL_METHOD_LOOK_H

#include "control/method.h"

/* Makes the look, whose filter may take a while to compile. */
void work_look_begin(const struct method_daemon *daemon, struct call *call);
void answer_look_begin(struct method_daemon *daemon, struct call *call);
void answer_look_read(struct method_daemon *daemon, struct call *call);
void answer_look_end(struct method_daemon *daemon, struct call *call);

#endif
