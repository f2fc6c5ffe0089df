/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/run.h"

#include <errno.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay/headers.h"

#include "core/banned.h"

/* A packet that leaves by more than this behind its time is late, unless the config has a tolerance. */
#define LATE_NS 100000
#define HEADERS_CACHE 256
#define ZEROS_SIZE 65536
#define DEFAULT_TX_RING 1024

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
	static atomic_uint made; /* DPDK's names are shorter than ours */
	struct lane_plan *plan = &replay->plan;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "headers_%u", atomic_fetch_add(&made, 1));
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
			return replay_refuse(-ENOMEM, reason, "no memory for padding");
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
			return replay_refuse(-ENOMEM, reason, "no memory for lanes");
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
	    bool stamp, int news, struct replay **out, char *reason)
{
	const struct port *port = ports->items[config->port];
	struct replay *replay = calloc(1, sizeof(*replay));
	int ret;

	if (!replay)
		return replay_refuse(-ENOMEM, reason, "out of memory");
	replay->config = config;
	replay->ports = ports;
	replay->workers = workers;
	replay->live = !stamp;
	replay->lane_count = config->flows == CONFIG_FLOWS_KEEP ? workers : 1;
	replay->first_worker = config->port % workers;
	replay->pace = config->pace;
	ret = reader_open(config, replay->lane_count, port->numa, news, &replay->reader, reason,
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
