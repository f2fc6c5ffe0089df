/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a report says of a replay. Control thread; the caller owns the result, NULL: no memory.
 */
#ifndef CONTROL_REPORT_REPLAY_H
#define CONTROL_REPORT_REPLAY_H

#include <jansson.h>

#include "engine/snapshot.h"

/* What was sent and what was not: offline too, where nothing can be late. */
json_t *report_replay_counts(const struct snapshot_replay *replay);

/* These, where it is, and its verdict. */
json_t *report_replay(const struct snapshot_replay *replay);

/* Packets by the reason why they were dropped. */
json_t *report_reasons(const uint64_t drops[DROP_REASONS]);

#endif
