/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files: sees to it that a replay that starts reads its files as they are now. For this room alone;
 * control thread.
 */
#ifndef REPLAY_FILES_H
#define REPLAY_FILES_H

#include "replay/run.h"

/* Looks whether the files of a replay that stands are still those that were read, and reads them
 * anew if not; waits for that a moment, and goes on with files_settle when it takes longer. 0, or
 * why it can't start. */
int files_look(struct replay *replay, char *reason);

/* Whether that is done. Returns 1; 0 when not yet; or a negative errno, with the reason. Once it is
 * done the reader begins at replay->moment, or (unless it is stale) is there already. */
int files_settle(struct replay *replay, char *reason);

/* Looks no longer, and waits for nobody: what takes memory at that moment is given back once it has
 * it. */
void files_give_up(struct replay *replay);

/* Gives back what was given up, of which no device has a packet any more. */
void files_tidy(struct replay *replay);

/* For the end: waits for what takes memory. */
void files_close(struct replay *replay);

#endif
