/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/run.h"

#include <stdio.h>
#include <string.h>

#include "config/pace.h"
#include "core/text.h"
#include "core/when.h"

#include "core/banned.h"

/* Shown as less than 100.0 %. */
#define SHARE_MAX 0.999

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What is told of times is no sum. */
static void
add_times(struct lane_tally *sum, const struct lane_tally *part)
{
	/* A lane that sent nothing has no times, and any time may be one, 0 as well. */
	if (part->sent && sum->sent) {
		sum->first_due_ns = least(sum->first_due_ns, part->first_due_ns);
		sum->first_ns = least(sum->first_ns, part->first_ns);
	} else if (part->sent) {
		sum->first_due_ns = part->first_due_ns;
		sum->first_ns = part->first_ns;
	}
	if (part->at.packets < sum->at.packets)
		sum->at = part->at;
	sum->last_due_ns = most(sum->last_due_ns, part->last_due_ns);
	sum->last_ns = most(sum->last_ns, part->last_ns);
	sum->shifted_ns = most(sum->shifted_ns, part->shifted_ns);
}

static void
add_lane(struct replay_report *sum, const struct lane_tally *tally, bool first)
{
	struct replay_report part = {.sum = *tally};

	part.sum.packet -= tally->waiting; /* what waits for room is not behind it */
	if (first) {
		sum->sum = part.sum;
		return;
	}
	add_times(&sum->sum, tally);
	sum->sum.unedited += tally->unedited;
	for (unsigned i = 0; i < sum->edit_count; i++)
		sum->sum.idle[i] += tally->idle[i];
	sum->sum.server_sent += tally->server_sent;
	sum->sum.server_bytes += tally->server_bytes;
	counters_add(replay_counts, sum, &part);
	counters_add(replay_details, sum, &part);
}

/* The numbers of a lane that run's. One that is at rest writes them no more: they are final,
 * whether its worker answers or not. */
static const struct lane_tally *
tally_of(const struct replay *replay, unsigned index)
{
	static const struct lane_tally none;
	const struct replay_lane *lane = replay->lanes[index];
	const struct lane_tally *tally = replay_stands(replay) ? &lane->tally : &lane->known;

	return replay->run && tally->run == replay->run ? tally : &none;
}

/* By packets, or by what was read as long as nobody knows how many there are. */
static double
share_of_packets(const struct replay *replay, const struct replay_report *report)
{
	double loops = (double)replay->plan.loops;

	if (report->packets)
		return (double)report->sum.packet / ((double)report->packets * loops);
	return report->reader.file_bytes
		       ? (double)report->reader.bytes / (double)report->reader.file_bytes / loops
		       : 0;
}

/* What JSON's integers hold, which is 292 years. */
static uint64_t
whole_ns(double ns)
{
	return ns < (double)INT64_MAX ? (uint64_t)ns : INT64_MAX;
}

/* What is over and what is left, both unknown (negative) where nothing tells. */
struct outlook {
	double share, left_ns;
};

static struct outlook
sooner(struct outlook a, struct outlook b)
{
	if (b.share > a.share)
		a.share = b.share;
	if (a.left_ns < 0 || (b.left_ns >= 0 && b.left_ns < a.left_ns))
		a.left_ns = b.left_ns;
	return a;
}

/* Of the schedule of all loops. */
static struct outlook
by_schedule(const struct replay *replay, const struct replay_report *report, double done_ns)
{
	const struct reader_progress *read = &report->reader;
	uint64_t loops = replay->plan.loops;
	struct extent extent;
	bool known = reader_extent(replay->material.reader, &extent);
	double all = extent_ns(&extent, &report->pace, loops, replay->plan.max_gap_ns);

	if (loops == 0)
		return (struct outlook){-1, -1};
	/* What is not read yet is taken to be as what was. */
	if (!known && read->bytes)
		all *= (double)read->file_bytes / (double)read->bytes;
	if (all <= 0)
		return (struct outlook){share_of_packets(replay, report), -1};
	return (struct outlook){done_ns / all, all > done_ns ? all - done_ns : 0};
}

/* Of packets that it is limited to; what is left of them is taken to be as what was. */
static struct outlook
by_limit(const struct replay *replay, const struct replay_report *report, double done_ns)
{
	double limit = (double)replay->plan.limit, passed = (double)report->sum.packet;

	if (limit == 0)
		return (struct outlook){-1, -1};
	return (struct outlook){passed / limit, passed > 0 && done_ns > 0
							? done_ns * (limit - passed) / passed
							: -1};
}

/* Of the time that it may take. */
static struct outlook
by_duration(const struct replay *replay, uint64_t now_ns)
{
	double all = (double)replay->terms.duration_ns, left;

	if (all == 0 || !replay->run)
		return (struct outlook){-1, -1};
	left = replay->plan.ends_ns > now_ns ? (double)(replay->plan.ends_ns - now_ns) : 0;
	return (struct outlook){left < all ? 1 - left / all : 0, left};
}

/* How much is over, and what is left: whatever ends it first. */
static void
foresee_end(const struct replay *replay, uint64_t now_ns, uint64_t wait_ns,
	    struct replay_report *report)
{
	double done_ns = extent_before_ns(&report->pace, &report->sum.at) - (double)wait_ns;
	struct outlook outlook;

	done_ns = done_ns > 0 ? done_ns : 0;
	outlook = sooner(by_schedule(replay, report, done_ns), by_limit(replay, report, done_ns));
	outlook = sooner(outlook, by_duration(replay, now_ns));
	report->remaining_ns = COUNTER_UNKNOWN;
	report->progress = outlook.share;
	if (outlook.share < 0)
		return;
	if (outlook.left_ns >= 0 && !replay_stands(replay))
		report->remaining_ns = whole_ns(outlook.left_ns);
	/* However near to its end a file breaks, or packets wait for room: it is not all that was
	 * to be replayed. */
	if ((report->state == REPLAY_FAILED || report->sum.waiting) && outlook.share > SHARE_MAX)
		report->progress = SHARE_MAX;
	if (report->progress > 1 || report->state == REPLAY_DONE)
		report->progress = 1;
}

/* When it was paused. A lane that was done before knows of no pause, or of another; those that are
 * paused know of the same. */
static uint64_t
paused_ns(const struct replay *replay)
{
	for (unsigned i = 0; i < replay->lane_count; i++) {
		if (atomic_load_explicit(&replay->lanes[i]->state_seen, memory_order_acquire) ==
		    LANE_PAUSED)
			return replay->lanes[i]->paused_ns;
	}
	return 0;
}

/* What is still to come, at a moment on the engine's clock. Of the lanes, the one that is behind
 * the others knows. */
static void
foresee(const struct replay *replay, uint64_t now_ns, struct replay_report *report)
{
	uint64_t wait_ns = 0;

	if (report->state == REPLAY_PAUSED)
		now_ns = paused_ns(replay);
	else if (report->ended)
		now_ns = report->sum.last_due_ns;
	for (unsigned i = 0; i < replay->lane_count; i++) {
		const struct lane_tally *tally = tally_of(replay, i);
		uint64_t next_ns = tally->due_ns > now_ns ? tally->due_ns - now_ns : 0;

		if (tally->at.packets == report->sum.at.packets && next_ns)
			wait_ns = next_ns;
		/* One that has nothing to wait for may have nothing to send. */
		if (next_ns && (report->next_in_ns == 0 || next_ns < report->next_in_ns))
			report->next_in_ns = next_ns;
	}
	if (report->state != REPLAY_RUNNING)
		report->next_in_ns = COUNTER_UNKNOWN;
	foresee_end(replay, now_ns, wait_ns, report);
}

/* A replay without a tolerance is not asked to be exact, but what it lost or could not read it did
 * not replay. */
static void
judge(const struct config_replay *config, struct replay_report *report)
{
	bool complete = report->refused == 0 && report->state != REPLAY_FAILED;
	bool exact = report->p99_ns <= config->tolerance_ns && report->sum.dropped == 0 &&
		     report->sum.underruns == 0;
	/* Nobody knows yet whether what waits for room will leave. */
	bool judged = !complete || (config->tolerance_given && report->sum.packet > 0 &&
				    report->sum.waiting == 0);

	report->result = !judged ? "not judged" : complete && exact ? "pass" : "fail";
}

/* Packets, but for the first, by the time from the first to the last. */
static double
rate(uint64_t packets, uint64_t ns)
{
	return packets > 1 && ns ? (double)(packets - 1) * 1e9 / (double)ns : 0;
}

static void
time_run(const struct histogram *errors, struct replay_report *report)
{
	const struct lane_tally *sum = &report->sum;

	report->asked_ns = sum->last_due_ns - sum->first_due_ns - sum->shifted_ns;
	report->asked_pps = rate(sum->sent + sum->dropped, report->asked_ns);
	report->taken_ns = sum->last_ns - sum->first_ns;
	report->taken_pps = rate(sum->sent, report->taken_ns);
	report->p50_ns = histogram_quantile(errors, 50, 100);
	report->p99_ns = histogram_quantile(errors, 99, 100);
	report->p99_9_ns = histogram_quantile(errors, 999, 1000);
	report->max_ns = errors->max;
	histogram_sum(errors, &report->errors);
	report->measured = "handed to the NIC";
}

/* NULL: none, or no memory. */
static char *
text_of(uint64_t at_ns)
{
	char text[WHEN_TEXT_MAX];

	if (at_ns == 0)
		return NULL;
	when_format(at_ns, text);
	return strdup(text);
}

/* What is told of a start at a time of the wall clock. */
static void
time_start(const struct replay *replay, struct replay_report *report)
{
	uint64_t now = when_now();

	if (replay->at_ns)
		report->starts_in_ns = replay->at_ns > now ? replay->at_ns - now : 0;
	if (replay->kept.at_ns == 0 || report->sum.sent == 0)
		return;
	report->start_error_ns = report->sum.first_ns - report->sum.first_due_ns;
	report->start_bound_ns = report->start_error_ns + replay->kept.bound_ns;
}

static char *
name_of(const struct replay *replay, uint16_t slot)
{
	return strdup(ports_at(replay->ports, slot)->config->name);
}

/* Its edits, as its list has them. */
static bool
tell_edits(const struct replay *replay, struct replay_report *report)
{
	const struct config_actions *list = &replay->config->edits;

	for (unsigned i = 0; i < list->count; i++) {
		size_t size;
		char *text = NULL;
		FILE *out = open_memstream(&text, &size);

		if (!out)
			return false;
		config_put_action(out, replay->whole, &list->items[i]);
		report->edits[i] = text_close(out, &text);
		if (!report->edits[i])
			return false;
		report->edit_count++;
	}
	return true;
}

/* What it is, and what it was told. */
static bool
describe(const struct replay *replay, struct replay_report *out)
{
	const struct config_replay *config = replay->config;
	bool failed = replay->state == REPLAY_FAILED, pair = config->pair;

	*out = (struct replay_report){
		.name = strdup(config->name),
		.port = name_of(replay, replay->port),
		.server_port = pair ? name_of(replay, replay->server) : NULL,
		.state = replay->state,
		.state_name = replay_state_name(replay->state),
		.reason = failed ? strdup(replay->reason) : NULL,
		.as = config->as,
		.resident = replay->plan.timeline->resident,
		.ended = replay_stands(replay),
		.memory = material_bytes(&replay->material) + material_bytes(replay->retired),
		.headers = replay->plan.headers->size,
		.free = rte_mempool_avail_count(replay->plan.headers),
		.pace = replay->pace,
		.loops_asked = replay->plan.loops,
		.limit = replay->plan.limit ? replay->plan.limit : COUNTER_UNKNOWN,
		.duration_ns =
			replay->terms.duration_ns ? replay->terms.duration_ns : COUNTER_UNKNOWN,
		.starts_at = text_of(replay->at_ns),
		.starts_in_ns = COUNTER_UNKNOWN,
		.began_at = text_of(replay->kept.at_ns),
		.start_error_ns = COUNTER_UNKNOWN,
		.start_bound_ns = COUNTER_UNKNOWN,
		.lost = COUNTER_UNKNOWN,
		.changed = COUNTER_UNKNOWN,
		.latency_p99_ns = COUNTER_UNKNOWN,
		.tolerance_ns = config->tolerance_given ? config->tolerance_ns : COUNTER_UNKNOWN,
	};
	out->in_use = out->headers - out->free;
	config_pace_format(&replay->pace, out->pace_words, sizeof(out->pace_words));
	return out->name && out->port && (!pair || out->server_port) && (!failed || out->reason) &&
	       (!replay->at_ns || out->starts_at) && (!replay->kept.at_ns || out->began_at) &&
	       tell_edits(replay, out);
}

bool
replay_look(const struct replay *replay, uint64_t now_ns, struct replay_report *out)
{
	struct histogram errors = {0};
	const struct timeline *timeline = replay->plan.timeline;
	uint64_t end =
		atomic_load_explicit(&((struct timeline *)timeline)->end, memory_order_acquire);

	if (!describe(replay, out))
		return false;
	for (unsigned i = 0; i < replay->lane_count; i++) {
		const struct lane_tally *tally = tally_of(replay, i);

		add_lane(out, tally, i == 0);
		if (tally->run)
			histogram_merge(&errors, &replay->lanes[i]->errors);
	}
	out->unedited = replay->config->edits.count ? out->sum.unedited : COUNTER_UNKNOWN;
	out->server_sent = replay->config->pair ? out->sum.server_sent : COUNTER_UNKNOWN;
	out->server_bytes = replay->config->pair ? out->sum.server_bytes : COUNTER_UNKNOWN;
	out->refused = reasons_lost(out->sum.drops);
	/* How far a reader has come for nothing is another on each run. */
	if (replay->plan.stamp && !replay->run)
		out->reader = (struct reader_progress){0};
	else if (replay->run && replay_stands(replay))
		out->reader = replay->read;
	else
		reader_progress(replay->material.reader, &out->reader);
	out->direct = out->reader.direct;
	out->packets = timeline->resident && end != UINT64_MAX
			       ? end
			       : atomic_load_explicit(&((struct timeline *)timeline)->loop_entries,
						      memory_order_relaxed);
	/* Lanes see where a resident replay begins anew, and of another its end alone. */
	if (!timeline->resident && out->packets)
		out->sum.loops = out->sum.packet / out->packets;
	foresee(replay, now_ns, out);
	time_run(&errors, out);
	time_start(replay, out);
	judge(replay->config, out);
	return true;
}
