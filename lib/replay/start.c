/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start: how a replay comes from its files being looked at to its first packet.
 */
#include <errno.h>
#include <time.h>

#include "core/log.h"
#include "replay/edits.h"
#include "replay/files.h"
#include "replay/link.h"
#include "replay/order.h"

#include "core/banned.h"

/* How long links are waited for: as DPDK's own programs do. */
#define LINK_WAIT_NS UINT64_C(9000000000)

void
replay_open_run(struct replay *replay)
{
	replay->state = REPLAY_OPENING;
	replay->goes_on = false;
	replay->run = 0;
	replay->kept = (struct replay_kept){0};
}

/* Lanes are at rest. */
static void
agree(struct replay *replay)
{
	const struct replay_terms *terms = &replay->terms;

	replay->plan.loops = replay_loops(replay);
	replay->plan.limit = terms->limit;
	replay->pace = terms->pace_given ? terms->pace : replay->usual_pace;
	replay->at_ns = terms->at_ns;
	if (replay->at_ns)
		replay->state = REPLAY_WAITING;
}

static int
start_anew(struct replay *replay, const struct replay_terms *terms, char *reason)
{
	bool at_start = replay->moment.kind == CONFIG_MOMENT_NONE;
	bool fresh = replay_orders(replay) == 0 && at_start;
	struct replay_terms before = replay->terms;
	int ret;

	replay->stale |=
		!fresh && !(replay->plan.timeline->resident && !replay->read.error && at_start);
	replay->moment = (struct config_moment){0};
	replay->terms = *terms;
	ret = files_look(replay, reason);
	if (ret < 0) {
		replay->terms = before;
		return ret;
	}
	replay_open_run(replay);
	return 0;
}

int
replay_start(struct replay *replay, const struct replay_terms *terms, uint64_t now_ns, char *reason)
{
	bool waited = replay->patience_ns > 0;
	int ret = 0;

	/* Whoever orders it to start does not want it to wait for a link. */
	replay->patience_ns = 0;
	if (replay->state == REPLAY_OPENING && waited)
		replay->terms = *terms;
	else if (replay->state == REPLAY_WAITING)
		return replay_refuse(-EALREADY, reason,
				     "it waits for its time: stop it to start it otherwise");
	else if (!replay_stands(replay))
		return replay_refuse(-EALREADY, reason,
				     replay->state == REPLAY_PAUSED ? "it is paused: resume it"
								    : "it runs already");
	else
		ret = start_anew(replay, terms, reason);
	if (ret < 0)
		return ret;
	agree(replay);
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
	replay_open_run(replay);
	replay_tick(replay, now_ns);
}

/* False: a worker does not move. */
static bool
begin(struct replay *replay, uint64_t at_ns)
{
	const struct lane_order go = {.verb = LANE_START, .at_ns = at_ns, .pace = replay->pace};
	uint64_t duration = replay->terms.duration_ns;
	char reason[REPLAY_REASON_MAX];

	if (replay_await_lanes(replay, false, reason) < 0)
		return false;
	atomic_store_explicit(&replay->plan.shift_ns, 0, memory_order_relaxed);
	replay->plan.ends_ns = duration ? schedule_later(at_ns, duration) : UINT64_MAX;
	replay->changed_pace = false;
	replay->run = replay_orders(replay) + 1;
	/* Once it is ordered it will be, however late the workers see it. */
	replay_order(replay, &go, reason);
	replay->state = REPLAY_RUNNING;
	return true;
}

/* Whether its files are what they are now, and the first of their packets is there; it fails when
 * they can't be read. */
static bool
replay_is_ready(struct replay *replay)
{
	char reason[REPLAY_REASON_MAX];
	int ret = files_settle(replay, reason);

	if (ret < 0)
		replay_fail(replay, reason);
	return ret > 0 && reader_is_ready(replay->material.reader);
}

bool
replay_waits(const struct replay *replay, uint64_t *at_ns, uint64_t *clock_error_ns)
{
	*at_ns = replay->at_ns;
	*clock_error_ns = replay->terms.clock_error_ns;
	return replay->state == REPLAY_WAITING;
}

void
replay_keep_time(struct replay *replay, uint64_t at_ns, uint64_t bound_ns)
{
	uint64_t wall_ns = replay->at_ns;

	if (!replay_is_ready(replay)) {
		replay_miss(replay, "its first packet was not there when it was to start");
		return;
	}
	replay->at_ns = 0;
	if (!begin(replay, at_ns))
		replay_fail(replay, ORDER_STUCK);
	else
		replay->kept = (struct replay_kept){wall_ns, bound_ns};
}

void
replay_miss(struct replay *replay, const char *reason)
{
	if (replay->state != REPLAY_WAITING)
		return;
	files_give_up(replay);
	replay_fail(replay, reason);
}

void
replay_tick(struct replay *replay, uint64_t now_ns)
{
	char reason[REPLAY_REASON_MAX];

	files_tidy(replay);
	if (replay->edit)
		atomic_store_explicit(&replay->plan.flat, edits_for_flat(replay),
				      memory_order_relaxed);
	if (replay->state == REPLAY_WAITING)
		replay_is_ready(replay);
	if (replay->state == REPLAY_OPENING && replay_is_ready(replay) &&
	    !link_waits(replay, now_ns))
		begin(replay, now_ns + ORDER_LEAD_NS);
	replay_follow(replay);
	if (replay->goes_on && replay->state == REPLAY_PAUSED)
		replay_resume(replay, now_ns, reason);
}

void
replay_start_virtual(struct replay *replay)
{
	struct timeline *timeline = replay->plan.timeline;

	while (!reader_is_ready(replay->material.reader))
		nanosleep(&(struct timespec){.tv_nsec = ORDER_STEP_NS}, NULL);
	begin(replay, atomic_load_explicit(&timeline->start_ns, memory_order_relaxed));
}
