/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods that show what was counted: each is one view of a snapshot, which is rendered when
 * the control thread has long gone on.
 */
#ifndef CONTROL_METHOD_REPORT_H
#define CONTROL_METHOD_REPORT_H

#include "control/method.h"

/* Answers with the view in the method's row. */
void answer_report(struct method_daemon *daemon, struct call *call);

/* The same with more in it: the config's state, or rules one by one. */
void answer_status(struct method_daemon *daemon, struct call *call);
void answer_rules(struct method_daemon *daemon, struct call *call);

#endif
