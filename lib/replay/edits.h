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
	/* Which of the program's edits each of the list is, as it is written: a bit each, of a list
	 * with a name several. */
	uint64_t ops[CONFIG_STEPS_MAX];
	unsigned count;
	struct edit_local local;
	uint64_t times[BURST_MAX]; /* for stamps */
};

/* The program of a replay's edits; *edit is NULL where it has none. 0, or -ENOMEM. */
int edits_make(const struct config *config, const struct config_replay *replay, struct edit **edit);

/* Says which of the program's edits those of the list are. */
void edits_place(const struct config *config, const struct config_replay *replay,
		 struct lane_edits *edits);

/* Whether some port that a replay's packets may reach takes no packets of several segments. */
bool edits_for_flat(const struct replay *replay);

#endif
