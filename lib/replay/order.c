/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/order.h"

#include <errno.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"

#include "core/banned.h"

uint32_t
replay_orders(const struct replay *replay)
{
	return atomic_load_explicit(&replay->plan.ordered, memory_order_relaxed);
}

bool
replay_all_have(const struct replay *replay, bool obeyed)
{
	uint32_t ordered = replay_orders(replay);

	for (unsigned i = 0; i < replay->lane_count; i++) {
		struct replay_lane *lane = replay->lanes[i];

		if (atomic_load_explicit(obeyed ? &lane->obeyed : &lane->taken,
					 memory_order_acquire) != ordered)
			return false;
	}
	return true;
}

static enum lane_state
lane_state_of(const struct replay *replay, unsigned lane)
{
	return atomic_load_explicit(&replay->lanes[lane]->state_seen, memory_order_acquire);
}

int
replay_await_lanes(const struct replay *replay, bool obeyed, char *reason)
{
	uint64_t deadline = now_ns() + ORDER_WAIT_NS;

	while (!replay_all_have(replay, obeyed)) {
		uint64_t due_ns;

		/* Without workers this thread does it. */
		for (unsigned i = 0; !replay->live && i < replay->lane_count; i++)
			replay_lane_look(replay->lanes[i], &due_ns);
		if (now_ns() > deadline)
			return replay_refuse(-ETIMEDOUT, reason, ORDER_STUCK);
		nanosleep(&(struct timespec){.tv_nsec = ORDER_STEP_NS}, NULL);
	}
	return 0;
}

void
replay_give(struct replay *replay, const struct lane_order *order)
{
	replay->plan.order = *order;
	atomic_fetch_add_explicit(&replay->plan.ordered, 1, memory_order_release);
}

int
replay_order(struct replay *replay, const struct lane_order *order, char *reason)
{
	int ret = replay_await_lanes(replay, false, reason);

	if (ret < 0)
		return ret;
	replay_give(replay, order);
	return replay_await_lanes(replay, true, reason);
}

void
replay_fail(struct replay *replay, const char *reason)
{
	snprintf(replay->reason, sizeof(replay->reason), "%s", reason);
	replay->state = REPLAY_FAILED;
	replay->at_ns = 0;
	log_error("replay %s: %s", replay->config->name, replay->reason);
}

void
replay_end(struct replay *replay, enum replay_state state)
{
	reader_progress(replay->material.reader, &replay->read);
	replay->state = state;
	replay->at_ns = 0;
	if (state == REPLAY_DONE && replay->read.error)
		replay_fail(replay, replay->read.reason);
}

/* Lanes end by themselves, before an order or instead of it; and an order that was answered with a
 * refusal, as some worker did not move, may have been carried out since. */
void
replay_follow(struct replay *replay)
{
	unsigned counts[LANE_DONE + 1] = {0};

	if ((replay->state != REPLAY_RUNNING && replay->state != REPLAY_PAUSED) || replay->at_ns ||
	    !replay_all_have(replay, true))
		return;
	for (unsigned i = 0; i < replay->lane_count; i++)
		counts[lane_state_of(replay, i)]++;
	if (counts[LANE_RUNNING])
		replay->state = REPLAY_RUNNING;
	else if (counts[LANE_PAUSED])
		replay->state = REPLAY_PAUSED;
	else
		replay_end(replay, counts[LANE_STOPPED] ? REPLAY_STOPPED : REPLAY_DONE);
}
