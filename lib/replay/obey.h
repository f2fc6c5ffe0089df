/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Obey: how a lane carries orders out. For this room alone; worker.
 */
#ifndef REPLAY_OBEY_H
#define REPLAY_OBEY_H

#include "replay/lane.h"

/* Is done, whatever order still waited for a packet: nothing waits for the port, nothing was passed
 * since the call before, and nothing will come. */
void lane_finish(struct replay_lane *lane);

/* Looks at order number `ordered`, which takes the place of one that still waits, and carries it
 * out unless it waits for a packet itself (lane->is_pending). */
void lane_take_order(struct replay_lane *lane, uint32_t ordered);

/* Carries out the order that waited while there is no packet. */
void lane_carry_out_dry(struct replay_lane *lane);

/* Gives the next entry, before which lane->units lie, its time, carrying out what waits for this.
 * False when the lane no longer runs. */
bool lane_settle(struct replay_lane *lane, uint64_t now_ns);

/* Moves the schedule to where lateness has moved that of all lanes, at least by the given time. */
void lane_shift(struct replay_lane *lane, uint64_t by_ns);

#endif
