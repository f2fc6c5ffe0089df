/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link: whether the ports that a replay's packets can leave on have one. For this room alone;
 * control thread.
 */
#ifndef REPLAY_LINK_H
#define REPLAY_LINK_H

#include "replay/run.h"

/* The name of a port that packets can leave on and that has no link, or NULL. */
const char *link_missing(const struct replay *replay);

/* Whether the replay is to wait for one; past replay->patience_ns it is not, which is logged. */
bool link_waits(struct replay *replay, uint64_t now_ns);

#endif
