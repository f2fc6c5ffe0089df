/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/rooms.h"

#include "core/banned.h"

const struct stage *const rooms_stages[ROOMS_STAGES] = {
#define X(name) &name##_stage,
	ROOMS_STAGE_TABLE(X)
#undef X
};

const struct target *const rooms_targets[ROOMS_TARGETS + 1] = {
#define X(name) &name##_target,
	ROOMS_TARGET_TABLE(X)
#undef X
		NULL,
};
