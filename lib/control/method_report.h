/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods that show what was counted: each is one view of a snapshot, which is rendered when the control thread
 * has long gone on.
 */
#ifndef CONTROL_METHOD_REPORT_H
#define CONTROL_METHOD_REPORT_H

#include "control/method.h"

void answer_status(struct method_daemon *daemon, struct call *call);
void answer_ports(struct method_daemon *daemon, struct call *call);
void answer_rules(struct method_daemon *daemon, struct call *call);
void answer_workers(struct method_daemon *daemon, struct call *call);
void answer_drops(struct method_daemon *daemon, struct call *call);
void answer_policers(struct method_daemon *daemon, struct call *call);
void answer_dedups(struct method_daemon *daemon, struct call *call);
void answer_memory(struct method_daemon *daemon, struct call *call);
void answer_replay_list(struct method_daemon *daemon, struct call *call);

#endif
