/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods about what runs as somebody wrote it: to save it, and to go back to what ran before.
 * As in method_config.h.
 */
#ifndef CONTROL_METHOD_KEEP_H
#define CONTROL_METHOD_KEEP_H

#include "control/method.h"

void work_config_text(const struct method_daemon *daemon, struct call *call);
void answer_config_text(struct method_daemon *daemon, struct call *call);

/* Its answer is config.apply's. */
void work_config_rollback(const struct method_daemon *daemon, struct call *call);

/* Control thread: what a call prepared runs from now on, and what ran before can be gone back
 * to. */
void keep_edition(struct method_daemon *daemon, struct call *call);

/* What runs, since when, and whose doing that is; a new reference. */
json_t *keep_running(const struct method_daemon *daemon);

/* What `status` has as `config`: that, and what a restart would make of it; a new reference. */
json_t *keep_json(const struct method_daemon *daemon);

/* Whether there is work before `status` can say what a restart would run. */
bool has_work_status(const struct method_daemon *daemon, const struct call *call);
void work_status(const struct method_daemon *daemon, struct call *call);

#endif
