/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <time.h>

#include "core/now.h"
#include "core/when.h"
#include "replay/files.h"
#include "replay/order.h"

#include "core/banned.h"

bool
replay_stops(struct replay *replay)
{
	uint64_t due_ns;

	replay_follow(replay);
	if (replay_stands(replay))
		return true;
	if (replay_has_not_begun(replay)) {
		files_give_up(replay);
		replay_end(replay, REPLAY_STOPPED);
		return true;
	}
	/* That of a lane which has not looked at the one before would be lost with it. */
	if (replay->plan.order.verb != LANE_STOP && replay_all_have(replay, false))
		replay_give(replay, &(struct lane_order){.verb = LANE_STOP});
	for (unsigned i = 0; !replay->live && i < replay->lane_count; i++)
		replay_lane_look(replay->lanes[i], &due_ns);
	replay_follow(replay);
	return replay_stands(replay);
}

int
replay_stop(struct replay *replay, char *reason)
{
	uint64_t deadline = now_ns() + ORDER_WAIT_NS;

	if (replay_stands(replay))
		return replay_refuse(-EALREADY, reason, "it does not run");
	while (!replay_stops(replay)) {
		if (now_ns() > deadline)
			return replay_refuse(-ETIMEDOUT, reason, ORDER_STUCK);
		nanosleep(&(struct timespec){.tv_nsec = ORDER_STEP_NS}, NULL);
	}
	return 0;
}

int
replay_pause(struct replay *replay, uint64_t now_ns, char *reason)
{
	const struct lane_order pause = {.verb = LANE_PAUSE, .at_ns = now_ns + ORDER_LEAD_NS};
	int ret;

	replay->goes_on = false;
	/* Its lanes are at rest: nothing but the time is held. */
	if (replay->state == REPLAY_WAITING) {
		replay->state = REPLAY_PAUSED;
		return 0;
	}
	if (replay->state != REPLAY_RUNNING)
		return replay_refuse(-EINVAL, reason,
				     replay->state == REPLAY_OPENING
					     ? "it is opening: wait until it runs"
					     : "it does not run");
	ret = replay_order(replay, &pause, reason);
	replay_follow(replay);
	if (ret == 0 && replay->state != REPLAY_PAUSED)
		return replay_refuse(-EINVAL, reason, "it has just ended");
	return ret;
}

/* It still waits for its time, or begins at once when that went by meanwhile. */
static void
resume_waiting(struct replay *replay, uint64_t now_ns)
{
	replay->state = REPLAY_WAITING;
	if (when_now() >= replay->at_ns) {
		replay->state = REPLAY_OPENING;
		replay->at_ns = 0;
	}
	replay_tick(replay, now_ns);
}

int
replay_resume(struct replay *replay, uint64_t now_ns, char *reason)
{
	struct lane_order resume = {.verb = LANE_RESUME, .at_ns = now_ns + ORDER_LEAD_NS};
	int ret;

	if (replay->state != REPLAY_PAUSED)
		return replay_refuse(-EINVAL, reason, "it is not paused");
	if (replay->at_ns) {
		resume_waiting(replay, now_ns);
		return 0;
	}
	if (replay->changed_pace)
		replay_rejoin(replay, &resume);
	replay->goes_on = false;
	ret = replay_order(replay, &resume, reason);
	if (ret == 0) {
		replay->changed_pace = false;
		replay_follow(replay);
	}
	return ret;
}

/* Lanes may stand far from each other: at top pace nothing holds them together. */
static int
change_pace_together(struct replay *replay, const struct config_pace *pace, uint64_t now_ns,
		     char *reason)
{
	uint32_t before = replay_orders(replay);
	int ret = replay_pause(replay, now_ns, reason);

	if (replay_orders(replay) == before)
		return ret;
	replay->pace = replay->usual_pace = *pace;
	if (replay_stands(replay))
		return 0;
	replay->changed_pace = true;
	/* A worker that does not move may pause later. */
	replay->goes_on = ret < 0;
	return ret < 0 ? ret : replay_resume(replay, now_ns + ORDER_LEAD_NS, reason);
}

int
replay_pace(struct replay *replay, const struct config_pace *pace, uint64_t now_ns, char *reason)
{
	const struct lane_order change = {
		.verb = LANE_PACE, .at_ns = now_ns + ORDER_LEAD_NS, .pace = *pace};
	uint32_t before = replay_orders(replay);
	int ret = 0;

	if (replay->state == REPLAY_RUNNING && replay->lane_count > 1)
		return change_pace_together(replay, pace, now_ns, reason);
	if (replay->state == REPLAY_RUNNING)
		ret = replay_order(replay, &change, reason);
	/* A worker that does not move yet will go at it all the same. */
	if (ret == 0 || replay_orders(replay) != before) {
		replay->changed_pace |= replay->state == REPLAY_PAUSED;
		replay->pace = replay->usual_pace = *pace;
	}
	return ret;
}

int
replay_seek(struct replay *replay, struct config_moment moment, uint64_t now_ns, char *reason)
{
	int ret;

	if (replay_stands(replay))
		return replay_refuse(-EINVAL, reason, "it does not run: start it first");
	if (!replay_has_not_begun(replay)) {
		ret = replay_order(replay, &(struct lane_order){.verb = LANE_STOP}, reason);
		if (ret < 0)
			return ret;
		replay_open_run(replay);
	}
	/* What a device still has of the old run stays untouched until it is back. */
	replay->moment = moment;
	replay->stale = true;
	replay_tick(replay, now_ns);
	return 0;
}
