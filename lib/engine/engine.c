/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/engine.h"

#include <assert.h>
#include <errno.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_malloc.h>
#include <rte_version.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "core/populate.h"
#include "core/reaper.h"
#include "engine/account.h"
#include "engine/collect.h"
#include "engine/drain.h"
#include "engine/inside.h"
#include "engine/pulse.h"
#include "port/memory.h"

#include "core/banned.h"

/* How long the last packets are waited for: as long as a worker may need to come back from a
 * driver. */
#define STOP_TIMEOUT_NS UINT64_C(2000000000)
/* How often workers' counters are asked for at least. */
#define ASK_NS UINT64_C(500000000)

const char *
engine_dpdk_version(void)
{
	return rte_version();
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}

static int
make_workers(struct engine *engine, const struct config *config)
{
	assert(engine->worker_count > 0);
	for (unsigned i = 0; i < engine->worker_count; i++) {
		struct worker *worker = rte_zmalloc("worker", sizeof(*worker), RTE_CACHE_LINE_SIZE);

		if (!worker)
			return log_fail(ENOMEM, "worker %u", i);
		engine->workers[i] = worker;
		worker->index = i;
		worker->core = engine->cores[i];
		worker->lcore = i + 1;
		worker->shared = &engine->shared;
		populate_memory(worker, sizeof(*worker));
	}
	engine->service = (struct service){
		.shared = &engine->shared,
		.ports = &engine->ports,
		.replays = &engine->replays,
		.workers = engine->workers,
		.worker_count = engine->worker_count,
	};
	engine->swap = (struct swap){
		.shared = &engine->shared,
		.worker_count = engine->worker_count,
	};
	engine->looks = (struct looks){
		.shared = &engine->shared,
		.worker_count = engine->worker_count,
	};
	engine->changes = (struct changes){
		.shared = &engine->shared,
		.ports = &engine->ports,
		.replays = &engine->replays,
		.service = &engine->service,
		.swap = &engine->swap,
		.workers = engine->workers,
		.worker_count = engine->worker_count,
		.surges = &engine->surges,
		.budget = memory_live_bytes(config) + config->reserve,
		.devices = PTHREAD_MUTEX_INITIALIZER,
	};
	return 0;
}

static void
free_workers(struct engine *engine)
{
	service_end(&engine->service);
	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++)
		surges_forget(&engine->surges, slot);
	for (unsigned i = 0; i < engine->worker_count; i++) {
		rte_free(engine->workers[i]);
		engine->workers[i] = NULL;
	}
}

static int
make_rcu(struct engine *engine)
{
	size_t size = rte_rcu_qsbr_get_memsize(engine->worker_count);

	engine->shared.rcu = rte_zmalloc("rcu", size, RTE_CACHE_LINE_SIZE);
	if (!engine->shared.rcu)
		return log_fail(ENOMEM, "workers' quiescent states");
	rte_rcu_qsbr_init(engine->shared.rcu, engine->worker_count);
	for (unsigned i = 0; i < engine->worker_count; i++)
		rte_rcu_qsbr_thread_register(engine->shared.rcu, i);
	return 0;
}

static void
launch(struct engine *engine)
{
	atomic_store(&engine->shared.receive, true);
	for (unsigned i = 0; i < engine->worker_count; i++) {
		engine->workers[i]->known.tsc = rte_rdtsc();
		rte_eal_remote_launch(worker_main, engine->workers[i], engine->workers[i]->lcore);
	}
	engine->launched = engine->swap.launched = true;
}

int
engine_start(struct config *config, const struct engine_options *options, struct error_list *errors,
	     struct engine **out)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	struct program *program;
	int ret;

	if (!engine) {
		config_free(config);
		return log_fail(ENOMEM, "engine");
	}
	clock_begin(&engine->shared.clock);
	engine->unsafe = options->eal.unsafe_no_iommu;
	ret = ports_start_eal(config, PORT_LIVE, &options->eal, engine->cores);
	if (ret < 0)
		goto eal_failed;
	engine->worker_count = ret;
	ret = ports_open(&engine->ports, config, PORT_LIVE, engine->worker_count);
	if (ret < 0)
		goto ports_failed;
	ret = look_register();
	if (ret < 0)
		goto rcu_failed;
	ret = make_rcu(engine);
	if (ret < 0)
		goto rcu_failed;
	ret = make_workers(engine, config);
	if (ret < 0)
		goto workers_failed;
	ret = options->ready ? options->ready(config) : 0;
	if (ret < 0)
		goto workers_failed;
	ret = replays_open(&engine->replays, config, &engine->ports, engine->worker_count, false,
			   errors);
	if (ret < 0)
		goto workers_failed;
	ret = service_begin(&engine->service);
	if (ret < 0)
		goto program_failed;
	ret = program_make(config,
			   &(struct program_setting){STAGE_LIVE, engine->ports.items,
						     engine->ports.pools, engine->worker_count,
						     NULL},
			   &program, errors);
	if (ret < 0)
		goto program_failed;
	targets_begin(program);
	atomic_store(&engine->shared.program, program);
	engine->shared.idle = config->idle;
	engine->shared.ports = &engine->ports;
	clock_set(&engine->shared.clock);
	clock_follow(&engine->shared.clock);
	service_tick(&engine->service);
	engine->started_ns = now_ns();
	for (unsigned i = 0; i < engine->replays.count; i++)
		targets_follow(program, engine->replays.items[i], engine->worker_count);
	launch(engine);
	replays_start(&engine->replays, clock_now(&engine->shared.clock));
	*out = engine;
	return 0;

program_failed:
	replays_close(&engine->replays);
workers_failed:
	free_workers(engine);
	rte_free(engine->shared.rcu);
rcu_failed:
	ports_close(&engine->ports);
	ports_free(&engine->ports);
ports_failed:
	ports_stop_eal();
eal_failed:
	free(engine);
	config_free(config);
	return ret;
}

const struct config *
engine_config(const struct engine *engine)
{
	return swap_current(&engine->shared)->config;
}

static void
tick_surges(struct engine *engine)
{
	surges_tick(&engine->surges, &engine->ports, engine->workers, engine->worker_count,
		    rte_rdtsc());
}

struct snapshot *
engine_snapshot(struct engine *engine)
{
	struct program *program = swap_current(&engine->shared);
	struct account account = {
		.ports = &engine->ports,
		.program = program,
		.workers = engine->workers,
		.worker_count = engine->worker_count,
		.replays = &engine->replays,
		.changes = &engine->changes,
		.surges = &engine->surges,
		.clock = &engine->shared.clock,
		.now_ns = clock_now(&engine->shared.clock),
	};
	struct snapshot *snapshot;

	engine->asked_ns = now_ns();
	targets_done(program, &account.done);
	targets_subtract(&account.done, &engine->changes.settled);
	if (engine->launched)
		collect(engine->workers, engine->worker_count, program);
	else
		collect_stopped(engine->workers, engine->worker_count, program);
	tick_surges(engine);
	snapshot = account_snapshot(&account);
	if (!snapshot)
		return NULL;
	snapshot->uptime_ns = now_ns() - engine->started_ns;
	snapshot->state = engine->drained ? "stopped" : "running";
	snapshot->applied = engine->applied;
	snapshot->unsafe = engine->unsafe;
	snapshot->leaked = engine->leaked;
	return snapshot;
}

/* What is known of a worker that stops answering is not older than ASK_NS, whether anybody asked or
 * not. */
static void
keep_known(struct engine *engine)
{
	uint64_t now = now_ns();

	if (!engine->launched || now - engine->asked_ns < ASK_NS)
		return;
	engine->asked_ns = now;
	collect_ask(engine->workers, engine->worker_count, swap_current(&engine->shared));
}

/* Devices that are gone are closed when no others are opened in another thread. */
static void
tick_ports(struct engine *engine)
{
	struct changes *changes = &engine->changes;
	bool alone = pthread_mutex_trylock(&changes->devices) == 0;

	engine->service.held = !alone || changes->current;
	service_tick(&engine->service);
	if (alone)
		pthread_mutex_unlock(&changes->devices);
}

void
engine_tick(struct engine *engine)
{
	if (engine->drained)
		return;
	tick_ports(engine);
	iommu_log_poll(&engine->ports);
	notice_tick(&engine->notice, &engine->ports, engine->workers, engine->worker_count,
		    now_ns());
	engine->stalled = pulse_tick(engine->workers, engine->worker_count);
	tick_surges(engine);
	keep_known(engine);
	swap_reclaim(&engine->swap);
	looks_tick(&engine->looks, engine_config(engine));
	clock_follow(&engine->shared.clock);
	replays_tick(&engine->replays, &engine->shared.clock);
}

int
engine_news(const struct engine *engine)
{
	return engine->replays.news;
}

void
engine_begin_replays(struct engine *engine)
{
	replays_tick(&engine->replays, &engine->shared.clock);
}

bool
engine_moves(const struct engine *engine)
{
	return engine->stalled == 0;
}

/* A worker that doesn't come back is in a driver, which may be in a disk that does not answer: its
 * device can't be closed then, nor what it works with be freed. */
static int
stop_workers(struct engine *engine)
{
	uint64_t deadline = now_ns() + STOP_TIMEOUT_NS;

	if (!engine->launched)
		return 0;
	atomic_store(&engine->shared.stop, true);
	for (unsigned i = 0; i < engine->worker_count; i++) {
		while (rte_eal_get_lcore_state(engine->workers[i]->lcore) == RUNNING) {
			if (now_ns() > deadline) {
				log_error("worker pmd-%u does not come back from a driver: it is "
					  "given up, with what it holds",
					  engine->cores[i]);
				return -ETIMEDOUT;
			}
			nap();
		}
	}
	rte_eal_mp_wait_lcore();
	engine->launched = engine->swap.launched = false;
	swap_reclaim(&engine->swap);
	service_settle(&engine->service);
	looks_close(&engine->looks);
	return 0;
}

int
engine_drain(struct engine *engine)
{
	int ret;

	if (engine->drained)
		return 0;
	changes_end(&engine->changes);
	atomic_store(&engine->shared.receive, false);
	replays_end(&engine->replays);
	ret = stop_workers(engine);
	if (ret < 0)
		return ret;
	drain_targets(swap_current(&engine->shared));
	drain_transmit(&engine->ports, engine->workers, engine->worker_count, DRAIN_ALL);
	ret = ports_close(&engine->ports);
	engine->leaked = ports_leaked(&engine->ports) + replays_leaked(&engine->replays);
	if (engine->leaked)
		log_error("%lu mbuf%s missing from the pools after drain: a packet was leaked",
			  (unsigned long)engine->leaked, engine->leaked == 1 ? " is" : "s are");
	engine->drained = true;
	return ret;
}

void
engine_free(struct engine *engine)
{
	if (!engine)
		return;
	if (!engine->drained && engine_drain(engine) < 0 && !engine->drained)
		return;
	replays_close(&engine->replays);
	program_free(swap_current(&engine->shared));
	reaper_settle();
	free_workers(engine);
	rte_free(engine->shared.rcu);
	ports_free(&engine->ports);
	ports_stop_eal();
	free(engine);
}
