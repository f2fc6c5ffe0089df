/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine without packets: what the control room needs of engine.h, with numbers that a test knows. Its
 * functions are defined here, so that only one source file of a program may include it.
 */
#ifndef TEST_FAKE_ENGINE_H
#define TEST_FAKE_ENGINE_H

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "fake_snapshot.h"

struct change {
	struct config *config;
};

struct engine {
	struct change *change;
	unsigned applied;
	atomic_uint prepare_ms; /* how long a compile takes */
	unsigned extra_rules;   /* reported besides the config's, to make answers long */
};

static inline struct engine *
fake_engine(const char *yaml)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	struct error_list errors;

	error_list_init(&errors, NULL);
	engine->change = calloc(1, sizeof(*engine->change));
	if (config_parse(yaml, strlen(yaml), "/", &engine->change->config, &errors) < 0) {
		error_list_print(&errors, stderr);
		abort();
	}
	error_list_clear(&errors);
	return engine;
}

int
engine_prepare(struct engine *engine, struct config *config, struct change **out,
	       struct error_list *errors)
{
	unsigned ms = atomic_load(&engine->prepare_ms);

	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
	if (config->rule_count > 0 && strcmp(config->rules[0].name, "refused") == 0) {
		error_add(errors, 7, 3, "rules.0", "the engine refuses this rule");
		return -EINVAL;
	}
	*out = calloc(1, sizeof(**out));
	(*out)->config = config;
	return 0;
}

/* Knows one replay, "morning", which does all it is told but to pause. */
int
engine_replay(struct engine *engine, const char *name, const struct engine_replay_order *order,
	      const char **state, char *reason)
{
	*state = "running";
	if (strcmp(name, "morning") != 0) {
		snprintf(reason, ENGINE_REPLAY_REASON_MAX, "there is no replay \"%s\"", name);
		return -ESRCH;
	}
	if (order->verb != ENGINE_REPLAY_PAUSE)
		return 0;
	snprintf(reason, ENGINE_REPLAY_REASON_MAX, "it does not run");
	return -EINVAL;
}

bool
engine_port_is_ready(const struct engine *engine, const char *name)
{
	return true;
}

void
engine_port_prepare(const struct engine *engine, const char *name)
{
}

/* Knows one port, "wan", which can be taken out but not up again. */
int
engine_port(struct engine *engine, const char *name, bool up, const char **state, char *reason)
{
	*state = "stopped";
	if (strcmp(name, "wan") != 0) {
		snprintf(reason, ENGINE_PORT_REASON_MAX, "there is no port %s", name);
		return -ENOENT;
	}
	if (!up)
		return 0;
	snprintf(reason, ENGINE_PORT_REASON_MAX, "port wan: no device");
	return -ENODEV;
}

void
engine_discard(struct change *change)
{
	if (change)
		config_free(change->config);
	free(change);
}

/* It takes what it needs at once: the change is left with what ran before. */
int
engine_step(struct engine *engine, struct change *change)
{
	struct config *before = engine->change->config;

	engine->change->config = change->config;
	change->config = before;
	engine->applied++;
	return 0;
}

void
engine_work(struct change *change)
{
}

int
engine_check(struct engine *engine, struct config *config, struct error_list *errors)
{
	struct change *change;

	if (engine_prepare(engine, config, &change, errors) < 0) {
		config_free(config);
		return -EINVAL;
	}
	engine_discard(change);
	return 0;
}

const char *
engine_change_reason(const struct change *change)
{
	return "";
}

const struct engine_told *
engine_change_told(const struct change *change, unsigned *count)
{
	*count = 0;
	return NULL;
}

void
engine_look(const struct engine *engine, struct engine_look *out)
{
	*out = (struct engine_look){0};
}

int
engine_look_begin(struct engine *engine, struct look *look, uint32_t *id)
{
	return -ESHUTDOWN;
}

struct look *
engine_look_find(struct engine *engine, uint32_t id)
{
	return NULL;
}

void
engine_look_end(struct engine *engine, uint32_t id)
{
}

unsigned
engine_worker_count(const struct engine *engine)
{
	return 1;
}

unsigned
engine_rehearse(struct engine *engine, uint64_t most_ns, struct engine_rehearsal *out)
{
	*out = (struct engine_rehearsal){.core = 1, .hold_ns = most_ns};
	return 1;
}

uint64_t
engine_epoch(const struct engine *engine)
{
	return 0;
}

int
engine_slot(const struct engine *engine, const char *name)
{
	return -ENOENT;
}

const char *
engine_slot_name(const struct engine *engine, unsigned slot)
{
	return "";
}

bool
engine_is_changing(const struct engine *engine)
{
	return false;
}

const struct config *
engine_config(const struct engine *engine)
{
	return engine->change->config;
}

const char *
engine_dpdk_version(void)
{
	return "DPDK 0.0";
}

void
engine_tick(struct engine *engine)
{
}

int
engine_news(const struct engine *engine)
{
	return -1;
}

void
engine_begin_replays(struct engine *engine)
{
}

bool
engine_moves(const struct engine *engine)
{
	return true;
}

void
engine_free(struct engine *engine)
{
	engine_discard(engine->change);
	free(engine);
}

static _Atomic uint64_t fake_moments;

struct snapshot *
engine_snapshot(struct engine *engine)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	const struct config *config = engine_config(engine);

	/* A clock of its own: what is known of one moment is never known again. */
	snapshot->uptime_ns = 1500000000 + 100000000 * atomic_fetch_add(&fake_moments, 1);
	snapshot->tsc_hz = 2600000000;
	snapshot->state = "running";
	snapshot->applied = engine->applied;
	fake_ports(snapshot, config);
	fake_rules(snapshot, config, engine->extra_rules);
	snapshot->retired = (struct tally_rule){7, 448};
	snapshot->worker_count = 1;
	snapshot->workers = calloc(1, sizeof(*snapshot->workers));
	snapshot->workers[0] = (struct snapshot_worker){
		.core = 2,
		.fresh = true,
		.packets = 1000,
		.bursts = 100,
		.busy_cycles = 50000,
		.idle_cycles = 50000,
		.fill = {1, 2, 3, 4, 5, 6, 7},
		.cache_lookups = 900,
		.cache_hits = 800,
	};
	snapshot->pool_count = 1;
	snapshot->pools = calloc(1, sizeof(*snapshot->pools));
	snapshot->pools[0] =
		(struct snapshot_pool){"packets0", -1, 8191, 8000, 191, 2048, 20000000};
	for (unsigned i = 0; i < DROP_REASONS; i++)
		snapshot->drops[i] = i;
	for (unsigned i = 0; i < COPY_REASONS; i++)
		snapshot->copies[i] = (struct tally_copy){i + 1, 64 * (i + 1)};
	snapshot->ledger = (struct snapshot_ledger){FAKE_BIG + 2, FAKE_BIG - 3, 5, 0, true};
	return snapshot;
}

#define FAKE_YAML                                      \
	"version: 1\n"                                 \
	"run-dir: /nowhere\n"                          \
	"ports:\n"                                     \
	"  a: { vdev: net_null0 }\n"                   \
	"  b: { vdev: net_null1 }\n"                   \
	"rules:\n"                                     \
	"  - name: dns\n"                              \
	"    match: { protocol: udp, dst-port: 53 }\n" \
	"    actions: [drop]\n"                        \
	"default: drop\n"

#endif
