/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wall: the engine's clock beside the one on the wall, and replays that start by that. Control
 * thread.
 */
#ifndef ENGINE_WALL_H
#define ENGINE_WALL_H

#include "stage/clock.h"
#include "replay/replay.h"

/* Whether a replay may wait for a time of the wall clock: it lies ahead, and the kernel takes the
 * clock to be right to within what is asked. 0, or -EINVAL with a sentence in reason
 * (REPLAY_REASON_MAX bytes). */
int wall_admit(const struct replay_terms *terms, char *reason);

/* Begins one whose time has almost come. Call it every tenth of a second or so. */
void wall_tick(struct replay *replay, const struct stage_clock *clock);

#endif
