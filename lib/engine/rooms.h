/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rooms: the one list of stages, in the order in which a burst goes through them, and of kinds of
 * targets. All else that the engine knows of them follows from their line here.
 */
#ifndef ENGINE_ROOMS_H
#define ENGINE_ROOMS_H

#include "stage/stage.h"
#include "stage/target.h"

/* The room of each, which defines NAME_stage. The last one keeps no packet. */
#define ROOMS_STAGE_TABLE(X) \
	X(classify)          \
	X(gate)              \
	X(forward)

#define X(name) extern const struct stage name##_stage;
ROOMS_STAGE_TABLE(X)
#undef X

#define X(name) +1
enum { ROOMS_STAGES = 0 ROOMS_STAGE_TABLE(X) };
#undef X

extern const struct stage *const rooms_stages[ROOMS_STAGES];

/* The room of each kind of target, which defines NAME_target, beside ports and groups: those are
 * forward's own. */
#define ROOMS_TARGET_TABLE(X) \
	X(recorder)           \
	X(returns)

#define X(name) extern const struct target name##_target;
ROOMS_TARGET_TABLE(X)
#undef X

#define X(name) +1
enum { ROOMS_TARGETS = 0 ROOMS_TARGET_TABLE(X) };
#undef X

/* NULL is behind the last. */
extern const struct target *const rooms_targets[ROOMS_TARGETS + 1];

#endif
