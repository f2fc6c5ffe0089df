/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/engine.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_malloc.h>

#include "core/log.h"
#include "engine/account.h"
#include "port/feed.h"

#include "core/banned.h"

/* Runs the whole feed through the program in this thread. Returns 0 or the feed's error. */
static int
run_feed(struct feed *feed, struct worker *worker, const struct program *program)
{
	struct burst *burst = &worker->burst;
	uint16_t in_port;
	int count;

	/* The pipeline alone is timed: what reading the captures costs says nothing of it. */
	while ((count = feed_next(feed, burst->packets, BURST_MAX, &in_port)) > 0) {
		uint64_t started = rte_rdtsc();

		burst->count = count;
		worker_process(worker, program, in_port);
		worker->tally.busy_cycles += rte_rdtsc() - started;
	}
	return count;
}

static struct snapshot *
last_snapshot(struct ports *ports, const struct program *program, struct worker *worker)
{
	struct account account = {
		.ports = ports,
		.program = program,
		.workers = &worker,
		.worker_count = 1,
		.live = true,
	};
	struct snapshot *snapshot = account_snapshot(&account);

	if (snapshot) {
		snapshot->state = "stopped";
		snapshot->leaked = ports_leaked(ports);
	} else {
		log_fail(ENOMEM, "report");
	}
	return snapshot;
}

int
engine_offline(struct config *config, struct error_list *errors, struct snapshot **out)
{
	uint16_t cores[CONFIG_WORKERS_MAX];
	struct worker_shared shared = {.up = UINT64_MAX};
	struct ports ports = {0};
	struct program *program;
	struct worker *worker;
	struct feed *feed;
	int ret, closed;

	*out = NULL;
	ret = ports_start_eal(config, PORT_OFFLINE, NULL, 0, cores);
	if (ret < 0)
		goto eal_failed;
	ret = ports_open(&ports, config, PORT_OFFLINE, 1);
	if (ret < 0)
		goto ports_failed;
	ret = feed_open(&ports, &feed);
	if (ret < 0)
		goto feed_failed;
	ret = program_make(config, &ports, 1, &program, errors);
	if (ret < 0)
		goto program_failed;
	worker = rte_zmalloc("worker", sizeof(*worker), RTE_CACHE_LINE_SIZE);
	if (!worker) {
		ret = log_fail(ENOMEM, "worker");
		goto worker_failed;
	}
	worker->shared = &shared;
	worker->burst.tally = &worker->tally;

	ret = run_feed(feed, worker, program);
	feed_close(feed);
	closed = ports_close(&ports);
	if (ret == 0)
		ret = closed;
	*out = last_snapshot(&ports, program, worker);
	if (!*out)
		ret = -ENOMEM;

	rte_free(worker);
	program_free(program);
	ports_free(&ports);
	ports_stop_eal();
	return ret;

worker_failed:
	program_free(program);
	config = NULL;
program_failed:
	feed_close(feed);
feed_failed:
	ports_close(&ports);
	ports_free(&ports);
ports_failed:
	ports_stop_eal();
eal_failed:
	config_free(config);
	return ret;
}
