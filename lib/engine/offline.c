/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/engine.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_malloc.h>
#include <time.h>

#include "core/log.h"
#include "engine/account.h"
#include "engine/collect.h"
#include "engine/service.h"
#include "port/feed.h"

#include "core/banned.h"

#define READER_NAP_NS 20000

/* The lane that is due next, and when. The reader may be behind: it is waited for. */
static struct replay_lane *
next_lane(struct worker *worker, uint64_t *due)
{
	const struct worker_sources *sources = worker_sources(worker);
	struct replay_lane *best = NULL;

	*due = UINT64_MAX;
	for (unsigned i = 0; i < sources->lane_count; i++) {
		struct replay_lane *lane = sources->lanes[i];
		uint64_t lane_due;

		while (!replay_lane_look(lane, &lane_due))
			nanosleep(&(struct timespec){.tv_nsec = READER_NAP_NS}, NULL);
		if (lane_due < *due) {
			*due = lane_due;
			best = lane;
		}
	}
	return best;
}

/* A capture that can't be written any more is a port without a link: nothing waits for it. */
static void
follow_outputs(const struct service *service)
{
	bool changed = false;

	for (unsigned i = 0; i < service->ports->count; i++) {
		struct port *port = service->ports->items[i];

		if (likely(!capture_writer_failed(port->writer)) || !atomic_load(&port->up))
			continue;
		port_poll_link(port);
		changed = true;
	}
	if (changed)
		service_publish(service);
}

/* Runs captures and replays through the program in this thread, in the order of their times (at
 * equal times captures first, then replays in the config's order). Returns 0 or the feed's
 * error. */
static int
run_virtual(const struct service *service, struct feed *feed, const struct program *program)
{
	struct worker *worker = service->workers[0];
	struct burst *burst = &worker->burst;

	for (;;) {
		uint64_t due, started;
		struct replay_lane *lane = next_lane(worker, &due);
		uint16_t in_port = 0;
		int count;

		if (feed_time(feed) <= due && feed_time(feed) != UINT64_MAX) {
			count = feed_next(feed, due, burst->packets, BURST_MAX, &in_port);
			lane = NULL;
		} else if (lane) {
			count = replay_lane_take(lane, due, burst->packets);
		} else {
			return 0;
		}
		if (count < 0)
			return count;
		/* The pipeline alone is timed: what reading the captures costs says nothing of
		 * it. */
		started = rte_rdtsc();
		burst->count = count;
		if (lane)
			worker_play(worker, program, lane, due);
		else
			worker_process(worker, program, worker->shared->ports->items[in_port]);
		burst->tally->busy_cycles += rte_rdtsc() - started;
		follow_outputs(service);
	}
}

static struct snapshot *
last_snapshot(struct ports *ports, struct program *program, const struct replays *replays,
	      struct worker *worker)
{
	struct account account = {
		.ports = ports,
		.program = program,
		.replays = replays,
		.workers = &worker,
		.worker_count = 1,
	};
	struct snapshot *snapshot;

	targets_done(program, &account.done);
	collect_stopped(&worker, 1, program);
	snapshot = account_snapshot(&account);

	if (snapshot) {
		snapshot->state = "stopped";
		snapshot->leaked = ports_leaked(ports) + replays_leaked(replays);
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
	struct replays replays = {0};
	struct program *program;
	struct worker *worker;
	struct service service = {.shared = &shared,
				  .ports = &ports,
				  .replays = &replays,
				  .workers = &worker,
				  .worker_count = 1};
	struct feed *feed;
	int ret, ended, closed;

	*out = NULL;
	ret = ports_start_eal(config, PORT_OFFLINE, NULL, cores);
	if (ret < 0)
		goto eal_failed;
	ret = ports_open(&ports, config, PORT_OFFLINE, 1);
	if (ret < 0)
		goto ports_failed;
	ret = feed_open(&ports, &feed);
	if (ret < 0)
		goto feed_failed;
	ret = program_make(
		config, &(struct program_setting){STAGE_OFFLINE, ports.items, ports.pools, 1, NULL},
		&program, errors);
	if (ret < 0)
		goto program_failed;
	worker = rte_zmalloc("worker", sizeof(*worker), RTE_CACHE_LINE_SIZE);
	if (!worker) {
		ret = log_fail(ENOMEM, "worker");
		goto worker_failed;
	}
	worker->shared = &shared;
	worker_reset(worker);
	ret = replays_open(&replays, config, &ports, 1, true, errors);
	if (ret < 0)
		goto replays_failed;
	ret = service_begin(&service);
	if (ret < 0)
		goto sources_failed;
	shared.ports = &ports;
	service_publish(&service);
	targets_begin(program);
	for (unsigned i = 0; i < replays.count; i++)
		targets_follow(program, replays.items[i], 1);
	replays_start_virtual(&replays);

	ret = run_virtual(&service, feed, program);
	ended = replays_end(&replays);
	if (ret == 0)
		ret = ended;
	feed_close(feed);
	targets_drain(program, UINT64_MAX);
	closed = ports_close(&ports);
	if (ret == 0)
		ret = closed;
	*out = last_snapshot(&ports, program, &replays, worker);
	if (!*out)
		ret = -ENOMEM;

	service_end(&service);
	replays_close(&replays);
	rte_free(worker);
	program_free(program);
	ports_free(&ports);
	ports_stop_eal();
	return ret;

sources_failed:
	replays_close(&replays);
replays_failed:
	rte_free(worker);
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
