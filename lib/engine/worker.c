/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/worker.h"

#include "engine/run.h"
#include "engine/verify.h"
#include "engine/watched.h"

#include <rte_cycles.h>
#include <rte_pause.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/populate.h"
#include "core/probe.h"

#include "core/banned.h"

/* Idle: a round without packets is stretched by pauses to about a microsecond (40 cycles each on
 * x86). With `sleep`, after a quarter of a millisecond of such rounds the worker sleeps, each time
 * twice as long, up to a length in which a ring of 1,024 at 2 Mpps does not fill. */
#define IDLE_ROUNDS 256
#define SLEEP_MIN_NS 20000
#define SLEEP_MAX_NS 500000
#define IDLE_PAUSES 64
/* What waking up takes, at the usual worst: so long before a packet is due a worker is awake. */
#define WAKE_NS 200000
/* Rounds in which queues that were empty are left alone while replays have full bursts to send:
 * looking costs a system call with AF_XDP. A ring of 1,024 doesn't fill meanwhile. */
#define QUIET_ROUNDS 7
/* Of fill: full bursts. */
#define FULL_STEP (TALLY_COST_STEPS - 1)

static inline void
process(struct worker *worker, const struct program_local *local, const struct port *port)
{
	struct burst *burst = &worker->burst;
	struct tally_port *in;
	uint64_t bytes;
	unsigned count;

	run_begin(worker, port->index, &port->gives);
	/* What comes behind a tally_count is read from memory anew. */
	in = burst->in;
	bytes = burst->bytes;
	count = burst->count;
	run_count(burst->tally, count);
	tally_count(&in->rx_packets, count);
	tally_count(&in->rx_bytes, bytes);
	run_burst(worker, local, burst, port->index);
}

void
worker_process(struct worker *worker, const struct program *program, const struct port *port)
{
	process(worker, program_of(program, worker->index), port);
}

static void
take_turn(struct worker *worker, uint8_t turn)
{
	worker->burst.turn = turn;
	worker->burst.tally = &worker->tallies[turn];
}

void
worker_reset(struct worker *worker)
{
	worker->burst.worker = worker->index;
	worker->burst.clock = &worker->shared->clock;
	take_turn(worker, 0);
}

void
worker_change_over(struct worker *worker, uint64_t tsc)
{
	uint32_t asked = atomic_load_explicit(&worker->asked, memory_order_acquire);
	const struct worker_sources *sources = worker_sources(worker);

	take_turn(worker, worker->burst.turn ^ 1);
	for (unsigned i = 0; i < sources->lane_count; i++)
		sources->lanes[i]->answer = sources->lanes[i]->tally;
	worker->rested_tsc = tsc;
	atomic_store_explicit(&worker->answered, asked, memory_order_release);
}

/* How long a worker may sleep without missing the time of a replayed packet. */
static uint64_t
slack_ns(const struct worker *worker)
{
	const struct worker_sources *sources = worker_sources(worker);
	uint64_t wakes = UINT64_MAX, now;

	for (unsigned i = 0; i < sources->lane_count; i++) {
		uint64_t lane_wake = replay_lane_wakes(sources->lanes[i]);

		wakes = lane_wake < wakes ? lane_wake : wakes;
	}
	if (wakes == UINT64_MAX)
		return UINT64_MAX;
	now = clock_now(&worker->shared->clock);
	return wakes > now + WAKE_NS ? wakes - now - WAKE_NS : 0;
}

/* What a round without packets costs; returns the nanoseconds slept. */
static uint64_t
idle_round(const struct worker *worker, unsigned empty_rounds)
{
	enum config_idle idle = worker->shared->idle;
	uint64_t slack = slack_ns(worker);
	struct timespec wait = {0};
	unsigned doublings;

	if (slack == 0)
		return 0;
	if (idle == CONFIG_IDLE_PAUSE || empty_rounds < IDLE_ROUNDS) {
		for (unsigned i = 0; i < IDLE_PAUSES; i++)
			rte_pause();
		return 0;
	}
	doublings = empty_rounds - IDLE_ROUNDS;
	wait.tv_nsec = doublings < 5 ? SLEEP_MIN_NS << doublings : SLEEP_MAX_NS;
	if (slack < (uint64_t)wait.tv_nsec)
		wait.tv_nsec = slack;
	nanosleep(&wait, NULL);
	return wait.tv_nsec;
}

/* A function of its own, so that other bursts do not look for the counters. */
static __rte_noinline void
verify(struct worker_queue *queue, const struct burst *burst)
{
	verify_burst(queue, burst, &burst->tally->ports[queue->port->index]);
}

/* Nor for this: a queue whose last poll was filled is asked how many wait in it. */
static __rte_noinline void
ask_backlog(struct worker_queue *queue, uint64_t now)
{
	gauge_backlog(queue->gauge, &queue->waits, port_backlog(queue->port, queue->queue), now);
}

/* now: a moment since which the worker did nothing else; on return the last at which it looked at
 * the clock, which it does twice a burst, and of full ones seldom. A poll counts as begun then. */
static unsigned
receive_round(struct worker *worker, const struct program *program, struct worker_sources *sources,
	      uint64_t *now)
{
	const struct program_local *local = program_of(program, worker->index);
	struct burst *burst = &worker->burst;
	uint64_t done = *now;
	unsigned total = 0;

	for (struct worker_queue *queue = sources->queues, *end = queue + sources->queue_count;
	     queue < end; queue++) {
		unsigned count = port_receive(queue->port, queue->queue, burst->packets, BURST_MAX);
		uint64_t polled = done, taken;
		bool skip;

		if (count == 0) {
			if (unlikely(queue->waits.skipped)) {
				done = rte_rdtsc();
				costs_break(&worker->costs);
				gauge_settle(queue->gauge, &queue->waits, burst->clock, polled,
					     done);
			}
			gauge_emptied(&queue->waits, polled);
			if (unlikely(polled >= queue->gauge->rests))
				gauge_rest(queue->gauge, polled);
			continue;
		}
		skip = gauge_skip(&queue->waits, count);
		taken = skip ? 0 : rte_rdtsc();
		burst->count = count;
		total += count;
		if (unlikely(queue->until < count))
			verify(queue, burst);
		else
			queue->until -= count;
		if (unlikely(probe_bursts()))
			watched_process(worker, program, queue);
		else
			process(worker, local, queue->port);
		if (skip) {
			costs_skip(&worker->costs);
			continue;
		}
		done = rte_rdtsc();
		costs_note(&worker->costs, burst->tally, count, done - polled);
		gauge_burst(queue->gauge, &queue->waits, burst->clock, count, polled, taken, done);
		if (unlikely(done >= queue->waits.asks && queue->waits.filled))
			ask_backlog(queue, done);
	}
	*now = done;
	return total;
}

/* One burst of each replay, after one of each queue: so long at most do replays wait for it. */
static unsigned
play_round(struct worker *worker, const struct program *program,
	   const struct worker_sources *sources)
{
	const struct worker_shared *shared = worker->shared;
	struct burst *burst = &worker->burst;
	unsigned total = 0;

	for (unsigned i = 0; i < sources->lane_count; i++) {
		struct replay_lane *lane = sources->lanes[i];
		uint16_t count;

		if (unlikely(probe_bursts())) {
			total += watched_play(worker, program, lane);
			continue;
		}
		count = replay_lane_take(lane, clock_now(&shared->clock), burst->packets);
		if (count == 0)
			continue;
		burst->count = count;
		worker_play(worker, program, lane, clock_now(&shared->clock));
		total += count;
	}
	return total;
}

/* Busy and idle time, read only where one ends and the other begins: a worker that is always busy
 * never reads the TSC, which takes as long as a packet. A round of change counts to what was. */
struct stopwatch {
	uint64_t since;
	bool busy;
};

static void
stopwatch_lap(struct stopwatch *watch, struct tally *tally, bool busy)
{
	uint64_t now = rte_rdtsc();

	if (watch->busy)
		tally->busy_cycles += now - watch->since;
	else
		tally->idle_cycles += now - watch->since;
	watch->since = now;
	watch->busy = busy;
}

/* What happens before the loop may take its time; within it the kernel has nothing left to do. */
static void
settle(struct worker *worker)
{
	struct rusage usage = {0};

	/* The default slack of 50 us would double the shortest sleeps. */
	prctl(PR_SET_TIMERSLACK, 1000);
	populate_stack();
	getrusage(RUSAGE_THREAD, &usage);
	worker->first_minor = usage.ru_minflt;
	worker->first_major = usage.ru_majflt;
	atomic_store_explicit(&worker->thread, gettid(), memory_order_release);
}

int
worker_main(void *arg)
{
	struct worker *worker = arg;
	struct worker_shared *shared = worker->shared;
	struct burst *burst = &worker->burst;
	enum config_idle idle = shared->idle;
	unsigned empty_rounds = 0, quiet = 0;
	uint64_t rounds = 0, now = 0;
	bool busy = false;
	struct stopwatch watch;

	settle(worker);
	costs_begin(&worker->costs);
	worker_reset(worker);
	rte_rcu_qsbr_thread_online(shared->rcu, worker->index);

	watch = (struct stopwatch){.since = rte_rdtsc()};
	while (likely(!atomic_load_explicit(&shared->stop, memory_order_relaxed))) {
		const struct program *program =
			atomic_load_explicit(&shared->program, memory_order_acquire);
		struct worker_sources *sources = worker_sources(worker);
		uint64_t full = burst->tally->fill[FULL_STEP];
		bool rehearses = rehearsal_goes_on(&worker->rehearsal);
		unsigned received = 0;

		if (!busy || sources->lane_count) {
			now = rte_rdtsc();
			costs_break(&worker->costs);
		}
		if (unlikely(rehearses))
			now = rehearsal_hold(&worker->rehearsal, !busy && sources->lane_count == 0,
					     now);
		if (likely(atomic_load_explicit(&shared->receive, memory_order_relaxed)) &&
		    quiet == 0)
			received = receive_round(worker, program, sources, &now);
		if (unlikely(rehearses))
			rehearsal_note(&worker->rehearsal, burst->tally->fill[FULL_STEP] - full,
				       received);
		if (unlikely(sources->lane_count)) {
			unsigned played = play_round(worker, program, sources);

			if (received || played < BURST_MAX)
				quiet = 0;
			else
				quiet = quiet ? quiet - 1 : QUIET_ROUNDS;
			received += played;
		}
		if (unlikely(worker_asked(worker))) {
			stopwatch_lap(&watch, burst->tally, watch.busy);
			worker_change_over(worker, watch.since);
		}
		rte_rcu_qsbr_quiescent(shared->rcu, worker->index);
		atomic_store_explicit(&worker->rounds, ++rounds, memory_order_relaxed);

		busy = received > 0;
		if (watch.busy != busy)
			stopwatch_lap(&watch, burst->tally, busy);
		if (received) {
			empty_rounds = 0;
		} else if (idle != CONFIG_IDLE_POLL) {
			burst->tally->sleep_ns += idle_round(worker, empty_rounds);
			empty_rounds++;
		}
	}
	stopwatch_lap(&watch, burst->tally, false);
	rte_rcu_qsbr_thread_offline(shared->rcu, worker->index);
	return 0;
}
