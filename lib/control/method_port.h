/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods that take a port out of service and up again.
 */
#ifndef CONTROL_METHOD_PORT_H
#define CONTROL_METHOD_PORT_H

#include "control/method.h"

/* Answers with what the port is afterwards; see method.h. */
void answer_port_up(struct method_daemon *daemon, struct call *call);
bool has_work_port_down(const struct method_daemon *daemon, const struct call *call);
void work_port_down(const struct method_daemon *daemon, struct call *call);
void answer_port_down(struct method_daemon *daemon, struct call *call);

/* Waits until the kernel has let go of what the port had, and reads what it is to receive. */
bool has_work_port_up(const struct method_daemon *daemon, const struct call *call);
void work_port_up(const struct method_daemon *daemon, struct call *call);

#endif
