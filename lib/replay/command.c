/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <time.h>

#include "core/log.h"
#include "replay/headers.h"
#include "replay/run.h"

#include "core/banned.h"

/* From an order to the time it names: enough for every worker to have seen it. */
#define LEAD_NS 200000
/* How long links are waited for: as DPDK's own programs do. */
#define LINK_WAIT_NS UINT64_C(9000000000)
#define OBEY_STEP_NS 20000
#define OBEY_STEPS 5000 /* a tenth of a second */

static bool
all_obeyed(const struct replay *replay)
{
	uint32_t ordered = atomic_load_explicit(&replay->plan.ordered, memory_order_relaxed);

	for (unsigned i = 0; i < replay->lane_count; i++) {
		if (atomic_load_explicit(&replay->lanes[i]->obeyed, memory_order_acquire) !=
		    ordered)
			return false;
	}
	return true;
}

static enum lane_state
lane_state_of(const struct replay *replay, unsigned lane)
{
	return atomic_load_explicit(&replay->lanes[lane]->state_seen, memory_order_acquire);
}

/* Waits, where workers poll the lanes, until all have carried the last order out. */
static int
await_lanes(const struct replay *replay, char *reason)
{
	for (unsigned step = 0; !all_obeyed(replay); step++) {
		struct rte_mbuf *none[BURST_MAX];

		/* Without workers this thread does it: at time 0 a lane looks at its order and gives nothing. */
		for (unsigned i = 0; !replay->live && i < replay->lane_count; i++)
			replay_lane_take(replay->lanes[i], 0, none);
		if (step == OBEY_STEPS)
			return replay_refuse(-ETIMEDOUT, reason,
					     "a worker does not move: see `sluice workers`");
		nanosleep(&(struct timespec){.tv_nsec = OBEY_STEP_NS}, NULL);
	}
	return 0;
}

static int
order(struct replay *replay, const struct lane_order *order, char *reason)
{
	/* One at a time: a lane looks at the order itself, not at a copy. */
	int ret = await_lanes(replay, reason);

	if (ret < 0)
		return ret;
	replay->plan.order = *order;
	atomic_fetch_add_explicit(&replay->plan.ordered, 1, memory_order_release);
	return await_lanes(replay, reason);
}

/* Takes the reader back to a moment. What a device still has of the old run stays untouched until it is back. */
static void
rewind_to(struct replay *replay, struct config_moment moment)
{
	reader_seek(replay->reader, moment);
	replay->moment = moment;
}

static bool
same_moment(const struct config_moment *a, const struct config_moment *b)
{
	return a->kind == b->kind && a->value == b->value;
}

/* The name of a port that packets can leave on and that has no link, or NULL. */
static const char *
without_link(const struct replay *replay)
{
	const struct config_replay *config = replay->config;

	for (unsigned i = 0; i < replay->ports->count; i++) {
		const struct port *port = replay->ports->items[i];

		/* Rules may send to any other than the one that it seems to come from. */
		if ((i == config->port) != config->as &&
		    !atomic_load_explicit(&port->up, memory_order_relaxed))
			return port->config->name;
	}
	return NULL;
}

static bool
waits_for_link(struct replay *replay, uint64_t now_ns)
{
	const char *port = replay->patience_ns ? without_link(replay) : NULL;

	if (port && now_ns < replay->patience_ns)
		return true;
	if (port)
		log_warning("replay %s: %s still has no link; starting without it",
			    replay->config->name, port);
	replay->patience_ns = 0;
	return false;
}

int
replay_start(struct replay *replay, uint64_t now_ns, char *reason)
{
	const struct config_moment beginning = {0};
	bool fresh = all_obeyed(replay) &&
		     atomic_load_explicit(&replay->plan.ordered, memory_order_relaxed) == 0;
	bool waited = replay->patience_ns > 0;

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
	if (!fresh && !(replay->plan.timeline->resident && replay->state != REPLAY_FAILED &&
			same_moment(&replay->moment, &beginning)))
		rewind_to(replay, beginning);
	replay->state = REPLAY_OPENING;
	replay_tick(replay, now_ns);
	return 0;
}

void
replay_start_with_link(struct replay *replay, uint64_t now_ns)
{
	const char *port = without_link(replay);

	if (port)
		log_info("replay %s: waits for the link of %s", replay->config->name, port);
	replay->patience_ns = now_ns + LINK_WAIT_NS;
	replay->state = REPLAY_OPENING;
	replay_tick(replay, now_ns);
}

int
replay_stop(struct replay *replay, char *reason)
{
	int ret = 0;

	if (replay_stands(replay))
		return replay_refuse(-EALREADY, reason, "it does not run");
	if (replay->state != REPLAY_OPENING)
		ret = order(replay, &(struct lane_order){.verb = LANE_STOP}, reason);
	replay->state = REPLAY_STOPPED;
	return ret;
}

int
replay_pause(struct replay *replay, uint64_t now_ns, char *reason)
{
	const struct lane_order pause = {.verb = LANE_PAUSE, .at_ns = now_ns + LEAD_NS};
	int ret;

	if (replay->state != REPLAY_RUNNING)
		return replay_refuse(-EINVAL, reason, "it does not run");
	ret = order(replay, &pause, reason);
	if (ret == 0)
		replay->state = REPLAY_PAUSED;
	return ret;
}

int
replay_resume(struct replay *replay, uint64_t now_ns, char *reason)
{
	const struct lane_order resume = {.verb = LANE_RESUME, .at_ns = now_ns + LEAD_NS};
	int ret;

	if (replay->state != REPLAY_PAUSED)
		return replay_refuse(-EINVAL, reason, "it is not paused");
	ret = order(replay, &resume, reason);
	if (ret == 0)
		replay->state = REPLAY_RUNNING;
	return ret;
}

int
replay_pace(struct replay *replay, const struct config_pace *pace, uint64_t now_ns, char *reason)
{
	const struct lane_order change = {
		.verb = LANE_PACE, .at_ns = now_ns + LEAD_NS, .pace = *pace};
	int ret = 0;

	if (replay->state == REPLAY_RUNNING || replay->state == REPLAY_PAUSED)
		ret = order(replay, &change, reason);
	if (ret == 0)
		replay->pace = *pace;
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
	replay->state = REPLAY_STOPPED;
	rewind_to(replay, moment);
	replay->state = REPLAY_OPENING;
	replay_tick(replay, now_ns);
	return 0;
}

static void
begin(struct replay *replay, uint64_t at_ns)
{
	const struct lane_order go = {.verb = LANE_START, .at_ns = at_ns, .pace = replay->pace};
	char reason[REPLAY_REASON_MAX];

	if (order(replay, &go, reason) == 0)
		replay->state = REPLAY_RUNNING;
}

static bool
fail(struct replay *replay)
{
	struct reader_progress progress;

	reader_progress(replay->reader, &progress);
	if (!progress.error)
		return false;
	snprintf(replay->reason, sizeof(replay->reason), "%s", progress.reason);
	replay->state = REPLAY_FAILED;
	log_error("replay %s: %s", replay->config->name, replay->reason);
	return true;
}

void
replay_tick(struct replay *replay, uint64_t now_ns)
{
	unsigned done = 0;

	if (replay->state == REPLAY_OPENING && reader_is_ready(replay->reader) &&
	    !waits_for_link(replay, now_ns))
		begin(replay, now_ns + LEAD_NS);
	if (replay->state != REPLAY_RUNNING)
		return;
	for (unsigned i = 0; i < replay->lane_count; i++)
		done += lane_state_of(replay, i) == LANE_DONE;
	if (done == replay->lane_count && !fail(replay))
		replay->state = REPLAY_DONE;
}

void
replay_start_virtual(struct replay *replay)
{
	struct timeline *timeline = replay->plan.timeline;

	while (!reader_is_ready(replay->reader))
		nanosleep(&(struct timespec){.tv_nsec = OBEY_STEP_NS}, NULL);
	begin(replay, atomic_load_explicit(&timeline->start_ns, memory_order_relaxed));
}
