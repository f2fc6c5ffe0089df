/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Obey: how a lane carries orders out. For this room alone; worker.
 */
#ifndef REPLAY_OBEY_H
#define REPLAY_OBEY_H

#include "replay/lane.h"

/* Changes the state; a lane that stops gives back what it holds. */
void lane_enter(struct replay_lane *lane, enum lane_state state);

/* Looks at a new order, and carries it out unless it waits for a packet (lane->is_pending). */
void lane_take_order(struct replay_lane *lane);

/* Carries out the order that waited, at the packet which is due at due. */
void lane_carry_out(struct replay_lane *lane, uint64_t due);

#endif
