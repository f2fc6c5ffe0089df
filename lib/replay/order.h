/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Order: how lanes are told what to do, and what they made of it. For this room alone; control
 * thread.
 */
#ifndef REPLAY_ORDER_H
#define REPLAY_ORDER_H

#include "replay/run.h"

/* How often lanes are looked at that are waited for, and how long. By the clock: a step takes
 * several times as long as it is asked to. */
#define ORDER_STEP_NS 20000
#define ORDER_WAIT_NS UINT64_C(100000000)
/* From an order to the time it names: enough for every worker to have seen it. */
#define ORDER_LEAD_NS 200000
#define ORDER_STUCK "a worker does not move: see `sluice workers`"

/* How many orders were given. */
uint32_t replay_orders(const struct replay *replay);

/* Whether all lanes have looked at the last order, or carried it out. */
bool replay_all_have(const struct replay *replay, bool obeyed);

/* Waits, where workers poll the lanes, until all have looked at the last order, or carried it out.
 * 0 or -ETIMEDOUT. */
int replay_await_lanes(const struct replay *replay, bool obeyed, char *reason);

/* Gives an order, and does not wait for it. All lanes must have looked at the one before. */
void replay_give(struct replay *replay, const struct lane_order *order);

/* One at a time: a lane looks at the order itself, not at a copy. -ETIMEDOUT: some lane did not
 * look at it, or at the one before; those that did, or will, carry it out all the same (see
 * replay_follow). */
int replay_order(struct replay *replay, const struct lane_order *order, char *reason);

/* It has failed, which is logged. */
void replay_fail(struct replay *replay, const char *reason);

/* Every lane is at rest: numbers are final, those of the reader too. */
void replay_end(struct replay *replay, enum replay_state state);

/* Begins to open it. Numbers begin anew, not only when the first packet is there. */
void replay_open_run(struct replay *replay);

#endif
