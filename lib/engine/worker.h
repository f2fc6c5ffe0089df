/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Worker: one core that polls its receive queues and runs every burst to completion. It shares
 * nothing that is written with other workers. The control thread talks to it through the few
 * atomics below, which the worker looks at between two rounds.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include <rte_rcu_qsbr.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "stage/clock.h"
#include "engine/costs.h"
#include "engine/gauge.h"
#include "engine/program.h"
#include "engine/recent.h"
#include "engine/rehearsal.h"
#include "look/eye.h"
#include "port/port.h"
#include "replay/lane.h"
#include "stage/burst.h"

struct worker_queue {
	struct port *port;
	uint16_t queue;
	struct gauge *gauge; /* the worker's of the port */
	uint32_t verify;     /* see verify.h; the worker's own from here on */
	uint64_t until;
	struct gauge_queue waits;
};

/* Where a worker's packets come from: the lanes of replays, and the queues that it polls. Replaced
 * as a whole when a port or a replay comes or goes; a worker takes it anew for each round. */
struct worker_sources {
	unsigned lane_count;
	struct replay_lane *lanes[CONFIG_REPLAYS_MAX];
	unsigned queue_count;
	struct worker_queue queues[];
};

/* What all workers of an engine look at. Written by the control thread. */
struct worker_shared {
	_Atomic(struct program *) program;
	_Atomic(struct look_set *) looks; /* NULL: nobody looks */
	_Atomic uint64_t up;              /* bit i: port i is in service and has a link */
	_Atomic bool receive;             /* false: no further packets are taken in */
	_Atomic bool stop;
	enum config_idle idle;
	const struct ports *ports;
	struct stage_clock clock;
	struct rte_rcu_qsbr *rcu; /* worker i is its thread i */
};

/* What the control thread saw of a worker's rounds, see pulse.h; its own. */
struct worker_pulse {
	uint64_t rounds, since_ns; /* the count, and when it was first seen */
	bool stalled;
};

/* What the control thread knows of a worker's counters, see collect.h; its own. */
struct collected {
	struct tally tally;
	uint64_t tsc; /* the moment at which they were so */
	bool awaited; /* it was asked, and its answer is not in here yet */
	bool late;    /* it has been waited for in vain */
	struct recent recent;
};

struct worker {
	unsigned index, core, lcore;
	struct worker_shared *shared;
	_Atomic(struct worker_sources *) sources;

	/* Written by the worker before it polls: its thread, and the page faults that this had
	 * until then. */
	uint64_t first_minor, first_major;
	_Atomic int thread;
	struct worker_pulse pulse;

	/* That it polled, with packets or without; the worker alone writes it. */
	_Atomic uint64_t rounds;
	struct tally tallies[2]; /* see collect.h */
	struct burst burst;
	struct costs costs;
	struct rehearsal rehearsal;

	/* By slot: NULL until the worker polls a queue of the port. */
	struct gauge *gauges[CONFIG_PORTS_MAX];

	/* The control thread asks by raising asked; between two rounds the worker changes over to
	 * its other tally and then sets answered to the same. */
	_Atomic uint32_t asked __attribute__((aligned(64)));
	_Atomic uint32_t answered;
	uint64_t rested_tsc; /* when it changed over; written before answered */
	struct collected known;
} __attribute__((aligned(64)));

/* Of this round, or of whoever replaces them. */
static inline struct worker_sources *
worker_sources(const struct worker *worker)
{
	return atomic_load_explicit(&((struct worker *)worker)->sources, memory_order_acquire);
}

/* An lcore's main function: polls until shared->stop. arg is the worker. Returns 0. */
int worker_main(void *arg);

/* Runs the packets that are in worker->burst (packets and count set) to completion: received on a
 * port. */
void worker_process(struct worker *worker, const struct program *program, const struct port *port);

/* Sends what was taken from a replay's lane into worker->burst (packets and count set), or runs it
 * as received, at now_ns. */
void worker_play(struct worker *worker, const struct program *program, struct replay_lane *lane,
		 uint64_t now_ns);

/* From now on the worker, which does not run, counts in the first of its tallies. */
void worker_reset(struct worker *worker);

/* Whether the control thread has asked since it last answered. */
static inline bool
worker_asked(struct worker *worker)
{
	return atomic_load_explicit(&worker->asked, memory_order_relaxed) !=
	       atomic_load_explicit(&worker->answered, memory_order_relaxed);
}

/* Between two bursts, at a TSC: leaves what it counted to whoever asked, and goes on with its other
 * tally. As quick for many rules as for few. Worker. */
void worker_change_over(struct worker *worker, uint64_t tsc);

#endif
