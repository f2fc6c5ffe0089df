/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Methods about replays. All act on one that the config names, at once; none waits for files.
 */
#ifndef CONTROL_METHOD_REPLAY_H
#define CONTROL_METHOD_REPLAY_H

#include "control/method.h"

void answer_replay_start(struct method_daemon *daemon, struct call *call);
void answer_replay_stop(struct method_daemon *daemon, struct call *call);
void answer_replay_pause(struct method_daemon *daemon, struct call *call);
void answer_replay_resume(struct method_daemon *daemon, struct call *call);
void answer_replay_seek(struct method_daemon *daemon, struct call *call);
void answer_replay_pace(struct method_daemon *daemon, struct call *call);

#endif
