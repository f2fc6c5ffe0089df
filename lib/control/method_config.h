/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods that read and change the config. work_ functions run in the job thread, one at a
 * time, answer_ functions in the control thread.
 */
#ifndef CONTROL_METHOD_CONFIG_H
#define CONTROL_METHOD_CONFIG_H

#include "control/method.h"

void answer_config_show(struct method_daemon *daemon, struct call *call);

void work_config_check(const struct method_daemon *daemon, struct call *call);
void answer_config_check(struct method_daemon *daemon, struct call *call);

void work_config_diff(const struct method_daemon *daemon, struct call *call);
void answer_config_diff(struct method_daemon *daemon, struct call *call);

void work_config_apply(const struct method_daemon *daemon, struct call *call);
void answer_config_apply(struct method_daemon *daemon, struct call *call);

/* What config.apply does with a config, which is taken over: prepares the change that the answer
 * puts into force, and the diff; not compared: only looks whether it could. No other change can
 * come between: jobs run one at a time. */
void config_try(const struct method_daemon *daemon, struct call *call, struct config *config,
		bool compared);

/* Whether the call has a change by now: then it has done the next part of its work. */
bool config_goes_on(struct call *call);

/* A text, taken over, that stands in the answer where the result has REPORT_RULES_HERE; NULL: out
 * of memory, which is answered. */
void config_answer_text(struct call *call, char *text);

#endif
