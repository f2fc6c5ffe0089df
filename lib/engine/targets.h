/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Targets: what those that are no ports did with packets that bursts left with them, as the ledger
 * has it. Control thread.
 */
#ifndef ENGINE_TARGETS_H
#define ENGINE_TARGETS_H

#include "engine/program.h"

/* What all of a program's kinds have done. To be asked before workers are: then no more is done
 * than what is known to be held. */
void targets_done(const struct program *program, struct target_done *done);

/* Less what another sum has of it. */
void targets_subtract(struct target_done *done, const struct target_done *other);

/* What workers counted as held of one slot, and was done with since, is no longer held but out or
 * dropped. */
void targets_settle(const struct target_done_port *done, struct tally_port *counts);

/* See struct target. */
bool targets_drain(const struct program *program, uint64_t until_ns);

#endif
