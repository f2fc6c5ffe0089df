/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/files.h"

#include <errno.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "port/memory.h"
#include "replay/edits.h"

#include "core/banned.h"

/* A packet that leaves by more than this behind its time is late, unless the config has a
 * tolerance. */
#define LATE_NS 100000

/* Its own memory for edits: the pools are those of the port. */
static int
make_edits(const struct replay *replay, struct replay_lane *lane, const struct port_pool *pool)
{
	struct lane_edits *edits = rte_zmalloc("edits", sizeof(*edits), RTE_CACHE_LINE_SIZE);

	if (!edits)
		return -ENOMEM;
	edits->edit = replay->edit;
	edits_place(replay->whole, replay->config, edits);
	edits->local.own.packets = pool->pool;
	edits->local.own.headers = pool->headers;
	edits->local.own.copy_break = pool->copy_break;
	edits->local.moment.loops = lane->loops;
	if (replay->live)
		edits->local.moment.times = edits->times;
	lane->edits = edits;
	return 0;
}

static int
make_lanes(struct replay *replay, const struct port_pool *pool, char *reason)
{
	for (unsigned i = 0; i < replay->lane_count; i++) {
		struct replay_lane *lane = rte_zmalloc("lane", sizeof(*lane), RTE_CACHE_LINE_SIZE);

		if (!lane)
			return replay_refuse(-ENOMEM, reason, "no memory for lanes");
		lane->plan = &replay->plan;
		lane->index = i;
		lane->port = replay->port;
		lane->as = replay->config->as;
		lane->pair = replay->config->pair;
		lane->server = replay->server;
		replay->lanes[i] = lane;
		if (replay->edit && make_edits(replay, lane, pool) < 0)
			return replay_refuse(-ENOMEM, reason, "no memory for edits");
	}
	return 0;
}

int
replay_open(const struct replay_wish *wish, struct replay **out, char *reason)
{
	const struct config_replay *config = &wish->config->replays[wish->index];
	unsigned workers = wish->workers;
	int numa = wish->port->numa;
	static atomic_uint opened;
	struct reader *reader;
	struct replay *replay = calloc(1, sizeof(*replay));
	int ret;

	if (!replay)
		return replay_refuse(-ENOMEM, reason, "out of memory");
	replay->whole = config_keep(wish->config);
	replay->config = config;
	replay->ports = wish->ports;
	replay->port = wish->port->index;
	replay->server = config->pair ? wish->server->index : replay->port;
	replay->workers = workers;
	replay->live = !wish->stamp;
	replay->lane_count = config->flows == CONFIG_FLOWS_KEEP ? workers : 1;
	replay->first_worker = replay->port % workers;
	replay->pace = replay->usual_pace = config->pace;
	replay->loops_to_read = config->loops;
	replay->news = wish->news;
	ret = reader_open(config, replay->lane_count, numa, wish->news, &reader, reason,
			  REPLAY_REASON_MAX);
	if (ret < 0)
		goto failed;
	ret = material_make(&replay->material, reader, config, wish->ports, wish->rings,
			    memory_replay_spare(wish->config, workers), replay->lane_count, numa,
			    reason);
	if (ret < 0) {
		reader_close(reader);
		goto failed;
	}
	material_use(&replay->material, &replay->plan);
	snprintf(replay->plan.name, sizeof(replay->plan.name), "%s", config->name);
	replay->plan.opened = atomic_fetch_add(&opened, 1) + 1;
	replay->plan.loops = config->loops;
	replay->plan.ends_ns = UINT64_MAX;
	replay->plan.max_gap_ns = config->max_gap_ns;
	replay->plan.late = config->late;
	replay->plan.late_ns = config->tolerance_given ? config->tolerance_ns : LATE_NS;
	/* On a virtual clock nothing is ever late. */
	if (wish->stamp)
		replay->plan.late_ns = UINT64_MAX / 4;
	replay->plan.stamp = wish->stamp;
	if (edits_make(wish->config, config, &replay->edit) < 0) {
		ret = replay_refuse(-ENOMEM, reason, "no memory for edits");
		goto failed;
	}
	atomic_store_explicit(&replay->plan.flat, edits_for_flat(replay), memory_order_relaxed);
	ret = make_lanes(replay, wish->port->pool, reason);
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
	for (unsigned i = 0; i < replay->lane_count; i++) {
		if (replay->lanes[i])
			rte_free(replay->lanes[i]->edits);
		rte_free(replay->lanes[i]);
	}
	edit_free(replay->edit);
	files_close(replay);
	while (replay->retired) {
		struct material *material = replay->retired;

		replay->retired = material->next;
		material_free(material);
		free(material);
	}
	material_free(&replay->material);
	config_leave(replay->whole);
	free(replay);
}

uint64_t
replay_leaked(const struct replay *replay)
{
	return material_out(&replay->material) + material_out(replay->retired);
}

uint64_t
replay_lacks(const struct replay *replay, uint64_t rings)
{
	return material_lacks(&replay->material, replay->config, rings, replay->lane_count);
}

const struct config_replay *
replay_config(const struct replay *replay)
{
	return replay->config;
}

enum replay_state
replay_state(const struct replay *replay)
{
	return replay->state;
}

struct replay_lane *
replay_lane(struct replay *replay, unsigned worker)
{
	unsigned index = (worker + replay->workers - replay->first_worker) % replay->workers;

	return index < replay->lane_count ? replay->lanes[index] : NULL;
}
