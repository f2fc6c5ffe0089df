/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "replay/files.h"
#include "replay/link.h"

#include "core/banned.h"

/* From an order to the time it names: enough for every worker to have seen it. */
#define LEAD_NS 200000
/* How long links are waited for: as DPDK's own programs do. */
#define LINK_WAIT_NS UINT64_C(9000000000)
#define OBEY_STEP_NS 20000
/* By the clock: a step takes several times as long as it is asked to. */
#define OBEY_NS UINT64_C(100000000)
#define STUCK "a worker does not move: see `sluice workers`"

/* How many orders were given. */
static uint32_t
orders(const struct replay *replay)
{
	return atomic_load_explicit(&replay->plan.ordered, memory_order_relaxed);
}

/* Whether all lanes have looked at the last order, or carried it out. */
static bool
all_have(const struct replay *replay, bool obeyed)
{
	uint32_t ordered = orders(replay);

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

/* Waits, where workers poll the lanes, until all have looked at the last order, or carried it out. */
static int
await_lanes(const struct replay *replay, bool obeyed, char *reason)
{
	uint64_t deadline = now_ns() + OBEY_NS;

	while (!all_have(replay, obeyed)) {
		uint64_t due_ns;

		/* Without workers this thread does it. */
		for (unsigned i = 0; !replay->live && i < replay->lane_count; i++)
			replay_lane_look(replay->lanes[i], &due_ns);
		if (now_ns() > deadline)
			return replay_refuse(-ETIMEDOUT, reason, STUCK);
		nanosleep(&(struct timespec){.tv_nsec = OBEY_STEP_NS}, NULL);
	}
	return 0;
}

static void
give(struct replay *replay, const struct lane_order *order)
{
	replay->plan.order = *order;
	atomic_fetch_add_explicit(&replay->plan.ordered, 1, memory_order_release);
}

/* One at a time: a lane looks at the order itself, not at a copy. -ETIMEDOUT: some lane did not look at it, or at the
 * one before; those that did, or will, carry it out all the same (see replay_follow). */
static int
order(struct replay *replay, const struct lane_order *order, char *reason)
{
	int ret = await_lanes(replay, false, reason);

	if (ret < 0)
		return ret;
	give(replay, order);
	return await_lanes(replay, true, reason);
}

static void
fail(struct replay *replay, const char *reason)
{
	snprintf(replay->reason, sizeof(replay->reason), "%s", reason);
	replay->state = REPLAY_FAILED;
	log_error("replay %s: %s", replay->config->name, replay->reason);
}

/* Every lane is at rest: numbers are final, those of the reader too. */
static void
end(struct replay *replay, enum replay_state state)
{
	reader_progress(replay->material.reader, &replay->read);
	replay->state = state;
	if (state == REPLAY_DONE && replay->read.error)
		fail(replay, replay->read.reason);
}

/* Lanes end by themselves, before an order or instead of it; and an order that was answered with a refusal, as some
 * worker did not move, may have been carried out since. */
void
replay_follow(struct replay *replay)
{
	unsigned counts[LANE_DONE + 1] = {0};

	if ((replay->state != REPLAY_RUNNING && replay->state != REPLAY_PAUSED) ||
	    !all_have(replay, true))
		return;
	for (unsigned i = 0; i < replay->lane_count; i++)
		counts[lane_state_of(replay, i)]++;
	if (counts[LANE_RUNNING])
		replay->state = REPLAY_RUNNING;
	else if (counts[LANE_PAUSED])
		replay->state = REPLAY_PAUSED;
	else
		end(replay, counts[LANE_STOPPED] ? REPLAY_STOPPED : REPLAY_DONE);
}

/* Numbers begin anew, not only when the first packet is there. */
static void
open_run(struct replay *replay)
{
	replay->state = REPLAY_OPENING;
	replay->goes_on = false;
	replay->run = 0;
}

int
replay_start(struct replay *replay, uint64_t now_ns, char *reason)
{
	bool at_start = replay->moment.kind == CONFIG_MOMENT_NONE;
	bool fresh = orders(replay) == 0 && at_start;
	bool waited = replay->patience_ns > 0;
	int ret;

	/* Whoever orders it to start does not want it to wait. */
	replay->patience_ns = 0;
	if (replay->state == REPLAY_OPENING && waited) {
		replay_tick(replay, now_ns);
		return 0;
	}
	if (!replay_stands(replay))
		return replay_refuse(-EALREADY, reason,
				     replay->state == REPLAY_PAUSED ? "it is paused: resume it"
								    : "it runs already");
	replay->stale |=
		!fresh && !(replay->plan.timeline->resident && !replay->read.error && at_start);
	replay->moment = (struct config_moment){0};
	ret = files_look(replay, reason);
	if (ret < 0)
		return ret;
	open_run(replay);
	replay_tick(replay, now_ns);
	return 0;
}

void
replay_start_with_link(struct replay *replay, uint64_t now_ns)
{
	const char *port = link_missing(replay);

	if (port)
		log_info("replay %s: waits for the link of %s", replay->config->name, port);
	replay->patience_ns = now_ns + LINK_WAIT_NS;
	open_run(replay);
	replay_tick(replay, now_ns);
}

bool
replay_stops(struct replay *replay)
{
	uint64_t due_ns;

	replay_follow(replay);
	if (replay_stands(replay))
		return true;
	if (replay->state == REPLAY_OPENING) {
		files_give_up(replay);
		end(replay, REPLAY_STOPPED);
		return true;
	}
	/* That of a lane which has not looked at the one before would be lost with it. */
	if (replay->plan.order.verb != LANE_STOP && all_have(replay, false))
		give(replay, &(struct lane_order){.verb = LANE_STOP});
	for (unsigned i = 0; !replay->live && i < replay->lane_count; i++)
		replay_lane_look(replay->lanes[i], &due_ns);
	replay_follow(replay);
	return replay_stands(replay);
}

int
replay_stop(struct replay *replay, char *reason)
{
	uint64_t deadline = now_ns() + OBEY_NS;

	if (replay_stands(replay))
		return replay_refuse(-EALREADY, reason, "it does not run");
	while (!replay_stops(replay)) {
		if (now_ns() > deadline)
			return replay_refuse(-ETIMEDOUT, reason, STUCK);
		nanosleep(&(struct timespec){.tv_nsec = OBEY_STEP_NS}, NULL);
	}
	return 0;
}

int
replay_pause(struct replay *replay, uint64_t now_ns, char *reason)
{
	const struct lane_order pause = {.verb = LANE_PAUSE, .at_ns = now_ns + LEAD_NS};
	int ret;

	replay->goes_on = false;
	if (replay->state != REPLAY_RUNNING)
		return replay_refuse(-EINVAL, reason,
				     replay->state == REPLAY_OPENING
					     ? "it is opening: wait until it runs"
					     : "it does not run");
	ret = order(replay, &pause, reason);
	replay_follow(replay);
	if (ret == 0 && replay->state != REPLAY_PAUSED)
		return replay_refuse(-EINVAL, reason, "it has just ended");
	return ret;
}

int
replay_resume(struct replay *replay, uint64_t now_ns, char *reason)
{
	struct lane_order resume = {.verb = LANE_RESUME, .at_ns = now_ns + LEAD_NS};
	int ret;

	if (replay->state != REPLAY_PAUSED)
		return replay_refuse(-EINVAL, reason, "it is not paused");
	if (replay->changed_pace)
		replay_rejoin(replay, &resume);
	replay->goes_on = false;
	ret = order(replay, &resume, reason);
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
	uint32_t before = orders(replay);
	int ret = replay_pause(replay, now_ns, reason);

	if (orders(replay) == before)
		return ret;
	replay->pace = *pace;
	if (replay_stands(replay))
		return 0;
	replay->changed_pace = true;
	/* A worker that does not move may pause later. */
	replay->goes_on = ret < 0;
	return ret < 0 ? ret : replay_resume(replay, now_ns + LEAD_NS, reason);
}

int
replay_pace(struct replay *replay, const struct config_pace *pace, uint64_t now_ns, char *reason)
{
	const struct lane_order change = {
		.verb = LANE_PACE, .at_ns = now_ns + LEAD_NS, .pace = *pace};
	uint32_t before = orders(replay);
	int ret = 0;

	if (replay->state == REPLAY_RUNNING && replay->lane_count > 1)
		return change_pace_together(replay, pace, now_ns, reason);
	if (replay->state == REPLAY_RUNNING)
		ret = order(replay, &change, reason);
	/* A worker that does not move yet will go at it all the same. */
	if (ret == 0 || orders(replay) != before) {
		replay->changed_pace |= replay->state == REPLAY_PAUSED;
		replay->pace = *pace;
	}
	return ret;
}

int
replay_seek(struct replay *replay, struct config_moment moment, uint64_t now_ns, char *reason)
{
	int ret;

	if (replay_stands(replay))
		return replay_refuse(-EINVAL, reason, "it does not run: start it first");
	if (replay->state != REPLAY_OPENING) {
		ret = order(replay, &(struct lane_order){.verb = LANE_STOP}, reason);
		if (ret < 0)
			return ret;
	}
	/* What a device still has of the old run stays untouched until it is back. */
	replay->moment = moment;
	replay->stale = true;
	open_run(replay);
	replay_tick(replay, now_ns);
	return 0;
}

static void
begin(struct replay *replay, uint64_t at_ns)
{
	const struct lane_order go = {.verb = LANE_START, .at_ns = at_ns, .pace = replay->pace};
	char reason[REPLAY_REASON_MAX];

	if (await_lanes(replay, false, reason) < 0)
		return;
	atomic_store_explicit(&replay->plan.shift_ns, 0, memory_order_relaxed);
	replay->changed_pace = false;
	replay->run = orders(replay) + 1;
	/* Once it is ordered it will be, however late the workers see it. */
	order(replay, &go, reason);
	replay->state = REPLAY_RUNNING;
}

/* Whether its files are what they are now, and the first of their packets is there. */
static bool
is_ready(struct replay *replay)
{
	char reason[REPLAY_REASON_MAX];
	int ret = files_settle(replay, reason);

	if (ret < 0)
		fail(replay, reason);
	return ret > 0 && reader_is_ready(replay->material.reader);
}

void
replay_tick(struct replay *replay, uint64_t now_ns)
{
	char reason[REPLAY_REASON_MAX];

	files_tidy(replay);
	if (replay->state == REPLAY_OPENING && is_ready(replay) && !link_waits(replay, now_ns))
		begin(replay, now_ns + LEAD_NS);
	replay_follow(replay);
	if (replay->goes_on && replay->state == REPLAY_PAUSED)
		replay_resume(replay, now_ns, reason);
}

void
replay_start_virtual(struct replay *replay)
{
	struct timeline *timeline = replay->plan.timeline;

	while (!reader_is_ready(replay->material.reader))
		nanosleep(&(struct timespec){.tv_nsec = OBEY_STEP_NS}, NULL);
	begin(replay, atomic_load_explicit(&timeline->start_ns, memory_order_relaxed));
}
