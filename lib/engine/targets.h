/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Targets: what those that are no ports did with packets that bursts left with them, as the ledger
 * has it. Control thread.
 */
#ifndef ENGINE_TARGETS_H
#define ENGINE_TARGETS_H

#include "engine/program.h"
#include "replay/replay.h"

/* What all of a program's kinds have done. To be asked before workers are: then no more is done
 * than what is known to be held. */
void targets_done(const struct program *program, struct target_done *done);

/* Less what another sum has of it. */
void targets_subtract(struct target_done *done, const struct target_done *other);

/* What workers counted as held of one slot, and was done with since, is no longer held but out or
 * dropped. */
void targets_settle(const struct target_done_port *done, struct tally_port *counts);

/* Has lanes of a replay note what they hand over where the program wants it, and nowhere else.
 * Before workers begin to pass from the program before, whose rings they may have, to this one. */
void targets_follow(const struct program *program, struct replay *replay, unsigned workers);

/* What they have to say of a replay goes into its report. */
void targets_judge(const struct program *program, struct replay_report *report);

/* See struct target. */
void targets_begin(const struct program *program);
bool targets_drain(const struct program *program, uint64_t until_ns);

#endif
