/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edits of a replay: what its packets are made before they leave, or come in. The capture's bytes
 * in the arena are never written: packets are parts of one's own and windows on the rest
 * (packet/own.h).
 */
#ifndef REPLAY_EDITS_H
#define REPLAY_EDITS_H

#include "edit/edit.h"
#include "replay/lane.h"

struct replay;

/* A lane's. */
struct lane_edits {
	const struct edit *edit;
	struct edit_local local;
	uint64_t times[BURST_MAX]; /* for stamps */
};

/* The program of a replay's edits; *edit is NULL where it has none. 0, or -ENOMEM. */
int edits_make(const struct config *config, const struct config_replay *replay, struct edit **edit);

/* Whether some port that a replay's packets may reach takes no packets of several segments. */
bool edits_for_flat(const struct replay *replay);

#endif
