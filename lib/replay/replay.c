/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/replay.h"

#include <assert.h>
#include <errno.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "replay/headers.h"

#include "core/banned.h"

/* A packet that leaves by more than this behind its time is late, unless the config has a tolerance. */
#define LATE_NS 100000
/* From an order to the time it names: enough for every worker to have seen it. */
#define LEAD_NS 200000
#define OBEY_STEP_NS 20000
#define OBEY_STEPS 5000 /* a tenth of a second */
#define HEADERS_CACHE 256
#define ZEROS_SIZE 65536
#define DEFAULT_TX_RING 1024

struct replay {
	const struct config_replay *config;
	struct reader *reader;
	struct lane_plan plan;
	struct replay_lane *lanes[CONFIG_WORKERS_MAX]; /* by lane, not by worker */
	unsigned lane_count;
	unsigned first_worker; /* lane i is the worker's that many behind */
	unsigned workers;
	bool live; /* workers poll the lanes */
	enum replay_state state;
	struct config_pace pace;
	struct config_moment moment; /* where it began */
	char reason[REPLAY_REASON_MAX];
};

static int
refuse(int error, char *reason, const char *text)
{
	snprintf(reason, REPLAY_REASON_MAX, "%s", text);
	return error;
}

/* As many mbufs as can be on their way: in every ring that these packets may reach, in each lane's hands,
 * and in each worker's cache; twice that when each packet may need zeros behind it. */
static unsigned
headers_needed(const struct replay *replay, const struct ports *ports)
{
	unsigned count = replay->lane_count * (4 * BURST_MAX + 2 * HEADERS_CACHE);

	for (unsigned i = 0; i < ports->count; i++) {
		const struct port *port = ports->items[i];
		unsigned ring = port->tx_ring ? port->tx_ring : DEFAULT_TX_RING;

		count += ring * (port->tx_queues ? port->tx_queues : 1);
	}
	return replay->config->truncated == CONFIG_TRUNCATED_PAD ? 2 * count : count;
}

static int
make_memory(struct replay *replay, const struct ports *ports, int numa, char *reason)
{
	struct lane_plan *plan = &replay->plan;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "replay-%.15s", replay->config->name);
	plan->headers = headers_make(name, headers_needed(replay, ports), HEADERS_CACHE, numa,
				     plan->timeline);
	if (!plan->headers) {
		snprintf(reason, REPLAY_REASON_MAX, "no memory for %u packet headers: %s",
			 headers_needed(replay, ports), rte_strerror(rte_errno));
		return -ENOMEM;
	}
	if (replay->config->truncated == CONFIG_TRUNCATED_PAD) {
		/* Aligned to its size, it lies in one page and so in one piece. */
		plan->zeros = rte_zmalloc_socket("zeros", ZEROS_SIZE, ZEROS_SIZE, numa);
		if (!plan->zeros)
			return refuse(-ENOMEM, reason, "no memory for padding");
		plan->zeros_iova = rte_malloc_virt2iova(plan->zeros);
	}
	return 0;
}

static int
make_lanes(struct replay *replay, char *reason)
{
	for (unsigned i = 0; i < replay->lane_count; i++) {
		struct replay_lane *lane = rte_zmalloc("lane", sizeof(*lane), RTE_CACHE_LINE_SIZE);

		if (!lane)
			return refuse(-ENOMEM, reason, "no memory for lanes");
		lane->plan = &replay->plan;
		lane->index = i;
		lane->port = replay->config->port;
		lane->as = replay->config->as;
		replay->lanes[i] = lane;
	}
	return 0;
}

int
replay_open(const struct config_replay *config, const struct ports *ports, unsigned workers,
	    bool stamp, struct replay **out, char *reason)
{
	const struct port *port = ports->items[config->port];
	struct replay *replay = calloc(1, sizeof(*replay));
	int ret;

	if (!replay)
		return refuse(-ENOMEM, reason, "out of memory");
	replay->config = config;
	replay->workers = workers;
	replay->live = !stamp;
	replay->lane_count = config->flows == CONFIG_FLOWS_KEEP ? workers : 1;
	replay->first_worker = config->port % workers;
	replay->pace = config->pace;
	ret = reader_open(config, replay->lane_count, port->numa, &replay->reader, reason,
			  REPLAY_REASON_MAX);
	if (ret < 0)
		goto failed;
	replay->plan.timeline = reader_timeline(replay->reader);
	replay->plan.loops = config->loops;
	replay->plan.late = config->late;
	replay->plan.late_ns = config->tolerance_given ? config->tolerance_ns : LATE_NS;
	/* On a virtual clock nothing is ever late. */
	if (stamp)
		replay->plan.late_ns = UINT64_MAX / 4;
	replay->plan.stamp = stamp;
	ret = make_memory(replay, ports, port->numa, reason);
	if (ret == 0)
		ret = make_lanes(replay, reason);
	if (ret < 0)
		goto failed;
	*out = replay;
	return 0;

failed:
	replay_close(replay);
	return ret;
}

void
replay_close(struct replay *replay)
{
	if (!replay)
		return;
	for (unsigned i = 0; i < replay->lane_count; i++)
		rte_free(replay->lanes[i]);
	rte_free(replay->plan.zeros);
	rte_mempool_free(replay->plan.headers);
	if (replay->reader)
		reader_close(replay->reader);
	free(replay);
}

uint64_t
replay_leaked(const struct replay *replay)
{
	return rte_mempool_in_use_count(replay->plan.headers);
}

const struct config_replay *
replay_config(const struct replay *replay)
{
	return replay->config;
}

struct replay_lane *
replay_lane(struct replay *replay, unsigned worker)
{
	unsigned index = (worker + replay->workers - replay->first_worker) % replay->workers;

	return index < replay->lane_count ? replay->lanes[index] : NULL;
}

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
			return refuse(-ETIMEDOUT, reason,
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

static bool
stands(const struct replay *replay)
{
	return replay->state == REPLAY_STOPPED || replay->state == REPLAY_DONE ||
	       replay->state == REPLAY_FAILED;
}

static bool
came_back(const struct replay *replay)
{
	for (unsigned step = 0; replay->live && !headers_are_back(replay->plan.headers); step++) {
		if (step == OBEY_STEPS)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = OBEY_STEP_NS}, NULL);
	}
	return true;
}

/* Takes the reader back to a moment, unless it stands there and nothing was used up. */
static int
rewind_to(struct replay *replay, struct config_moment moment, char *reason)
{
	if (!came_back(replay))
		return refuse(-EBUSY, reason,
			      "the port still holds packets of it: try again when they have left");
	reader_seek(replay->reader, moment);
	replay->moment = moment;
	return 0;
}

static bool
same_moment(const struct config_moment *a, const struct config_moment *b)
{
	return a->kind == b->kind && a->value == b->value;
}

int
replay_start(struct replay *replay, uint64_t now_ns, char *reason)
{
	const struct config_moment beginning = {0};
	bool fresh = all_obeyed(replay) &&
		     atomic_load_explicit(&replay->plan.ordered, memory_order_relaxed) == 0;
	int ret;

	if (!stands(replay))
		return refuse(-EALREADY, reason,
			      replay->state == REPLAY_PAUSED ? "it is paused: resume it"
							     : "it runs already");
	if (!fresh && !(replay->plan.timeline->resident && replay->state != REPLAY_FAILED &&
			same_moment(&replay->moment, &beginning))) {
		ret = rewind_to(replay, beginning, reason);
		if (ret < 0)
			return ret;
	}
	replay->state = REPLAY_OPENING;
	replay_tick(replay, now_ns);
	return 0;
}

int
replay_stop(struct replay *replay, char *reason)
{
	int ret = 0;

	if (stands(replay))
		return refuse(-EALREADY, reason, "it does not run");
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
		return refuse(-EINVAL, reason, "it does not run");
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
		return refuse(-EINVAL, reason, "it is not paused");
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

	if (stands(replay))
		return refuse(-EINVAL, reason, "it does not run: start it first");
	if (replay->state != REPLAY_OPENING) {
		ret = order(replay, &(struct lane_order){.verb = LANE_STOP}, reason);
		if (ret < 0)
			return ret;
	}
	replay->state = REPLAY_STOPPED;
	ret = rewind_to(replay, moment, reason);
	if (ret < 0)
		return ret;
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
	return true;
}

/* Whether there is a packet, or none will come. */
static bool
ready(const struct replay *replay)
{
	struct timeline *timeline = replay->plan.timeline;

	return atomic_load_explicit(&timeline->published, memory_order_acquire) > 0 ||
	       atomic_load_explicit(&timeline->end, memory_order_acquire) != UINT64_MAX;
}

void
replay_tick(struct replay *replay, uint64_t now_ns)
{
	unsigned done = 0;

	if (replay->state == REPLAY_OPENING && ready(replay))
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

	while (!ready(replay))
		nanosleep(&(struct timespec){.tv_nsec = OBEY_STEP_NS}, NULL);
	begin(replay, atomic_load_explicit(&timeline->start_ns, memory_order_relaxed));
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static uint64_t
most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Lanes walk the same entries: where they are is where the last of them is. */
static void
add_lane(struct lane_tally *sum, const struct lane_tally *part, bool first)
{
	sum->sent += part->sent;
	sum->bytes += part->bytes;
	sum->late += part->late;
	sum->dropped += part->dropped;
	sum->underruns += part->underruns;
	sum->loops = first || part->loops < sum->loops ? part->loops : sum->loops;
	sum->packet = first || part->packet < sum->packet ? part->packet : sum->packet;
	sum->time_ns = first || part->time_ns < sum->time_ns ? part->time_ns : sum->time_ns;
	sum->first_due_ns = least(sum->first_due_ns, part->first_due_ns);
	sum->first_ns = least(sum->first_ns, part->first_ns);
	sum->last_due_ns = most(sum->last_due_ns, part->last_due_ns);
	sum->last_ns = most(sum->last_ns, part->last_ns);
	sum->shifted_ns = most(sum->shifted_ns, part->shifted_ns);
	histogram_merge(&sum->errors, &part->errors);
}

static double
progress_of(const struct replay *replay, const struct replay_report *report)
{
	uint64_t all = report->packets * replay->plan.loops;
	double share;

	if (replay->plan.loops == 0)
		return -1;
	if (all)
		share = (double)report->sum.packet / (double)all;
	else
		share = report->reader.file_bytes
				? (double)report->reader.bytes / (double)report->reader.file_bytes /
					  (double)replay->plan.loops
				: 0;
	return share < 1 ? share : 1;
}

void
replay_look(const struct replay *replay, bool live, struct replay_report *out)
{
	const struct timeline *timeline = replay->plan.timeline;
	uint64_t end =
		atomic_load_explicit(&((struct timeline *)timeline)->end, memory_order_acquire);

	*out = (struct replay_report){
		.state = replay->state,
		.reason = replay->state == REPLAY_FAILED ? replay->reason : NULL,
		.resident = timeline->resident,
		.pace = replay->pace,
		.ended = stands(replay),
	};
	for (unsigned i = 0; i < replay->lane_count; i++) {
		const struct replay_lane *lane = replay->lanes[i];

		add_lane(&out->sum, live ? &lane->tally : &lane->answer, i == 0);
	}
	reader_progress(replay->reader, &out->reader);
	out->direct = out->reader.direct;
	if (timeline->resident && end != UINT64_MAX)
		out->packets = end;
	out->progress = replay->state == REPLAY_DONE ? 1 : progress_of(replay, out);
	out->asked_ns = out->sum.last_due_ns - out->sum.first_due_ns - out->sum.shifted_ns;
	out->taken_ns = out->sum.last_ns - out->sum.first_ns;
	out->p50_ns = histogram_quantile(&out->sum.errors, 50, 100);
	out->p99_ns = histogram_quantile(&out->sum.errors, 99, 100);
	out->p99_9_ns = histogram_quantile(&out->sum.errors, 999, 1000);
	out->max_ns = out->sum.errors.max;
	out->judged = replay->config->tolerance_given;
	out->passed = out->p99_ns <= replay->config->tolerance_ns && out->sum.dropped == 0 &&
		      out->sum.underruns == 0 && replay->state != REPLAY_FAILED;
}
