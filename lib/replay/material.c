/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/material.h"

#include <errno.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay/headers.h"
#include "replay/replay.h"

#include "core/banned.h"

#define HEADERS_CACHE 256
#define ZEROS_SIZE 65536
/* As many mbufs as can be on their way: in every ring that these packets may reach, in each lane's
 * hands, and in each worker's cache; twice that when each packet may need zeros behind it. */
static uint64_t
headers_needed(const struct config_replay *config, uint64_t rings, unsigned lanes)
{
	uint64_t count = rings + lanes * (4 * BURST_MAX + 2 * HEADERS_CACHE);

	return config->truncated == CONFIG_TRUNCATED_PAD ? 2 * count : count;
}

static uint64_t
rings_of(const struct ports *ports, uint32_t spare)
{
	uint64_t rings = 0;

	for (unsigned i = 0; i < ports->count; i++) {
		if (!ports->items[i]->ended)
			rings += ports_sending(ports->items[i], 1);
	}
	return ports->mode == PORT_LIVE ? rings + spare : rings;
}

uint64_t
material_lacks(const struct material *material, const struct config_replay *config, uint64_t rings,
	       unsigned lanes)
{
	uint64_t needed = headers_needed(config, rings, lanes);

	return needed > material->headers->size ? needed - material->headers->size : 0;
}

int
material_make(struct material *material, struct reader *reader, const struct config_replay *config,
	      const struct ports *ports, uint64_t rings, uint32_t spare, unsigned lanes, int numa,
	      char *reason)
{
	static atomic_uint made; /* DPDK's names are shorter than ours */
	unsigned count = headers_needed(config, RTE_MAX(rings, rings_of(ports, spare)), lanes);
	char name[RTE_MEMPOOL_NAMESIZE];

	*material = (struct material){0};
	snprintf(name, sizeof(name), "headers_%u", atomic_fetch_add(&made, 1));
	material->headers = headers_make(name, count, HEADERS_CACHE, numa, reader_timeline(reader));
	if (!material->headers) {
		snprintf(reason, REPLAY_REASON_MAX, "no memory for %u packet headers: %s", count,
			 rte_strerror(rte_errno));
		return -ENOMEM;
	}
	if (config->truncated == CONFIG_TRUNCATED_PAD) {
		/* Aligned to its size, it lies in one page and so in one piece. */
		material->zeros = rte_zmalloc_socket("zeros", ZEROS_SIZE, ZEROS_SIZE, numa);
		if (!material->zeros) {
			material_free(material);
			snprintf(reason, REPLAY_REASON_MAX, "no memory for padding");
			return -ENOMEM;
		}
	}
	material->reader = reader;
	return 0;
}

void
material_use(const struct material *material, struct lane_plan *plan)
{
	plan->timeline = reader_timeline(material->reader);
	plan->headers = material->headers;
	plan->zeros = material->zeros;
	plan->zeros_iova = material->zeros ? rte_malloc_virt2iova(material->zeros) : 0;
}

void
material_free(struct material *material)
{
	rte_free(material->zeros);
	rte_mempool_free(material->headers);
	reader_close(material->reader);
	*material = (struct material){0};
}

void
material_retire(struct material *material, struct material **retired)
{
	struct material *copy = malloc(sizeof(*copy));

	if (material->reader)
		reader_leave(material->reader);
	if (copy) {
		*copy = *material;
		copy->next = *retired;
		*retired = copy;
	}
	*material = (struct material){0};
}

/* A thread that a disk keeps is not waited for. */
static bool
is_back(const struct material *material)
{
	return (!material->headers || headers_are_back(material->headers)) &&
	       (!material->reader || reader_has_left(material->reader));
}

void
material_tidy(struct material **retired)
{
	while (*retired) {
		struct material *material = *retired;

		/* Whoever gave the last packet back may still be on the way out of the pool: the
		 * next look is soon enough. */
		if (is_back(material) && material->back) {
			*retired = material->next;
			material_free(material);
			free(material);
			continue;
		}
		material->back = is_back(material);
		retired = &material->next;
	}
}

uint64_t
material_out(const struct material *material)
{
	uint64_t count = 0;

	for (; material; material = material->next)
		count += material->headers ? rte_mempool_in_use_count(material->headers) : 0;
	return count;
}

uint64_t
material_bytes(const struct material *material)
{
	uint64_t bytes = 0;

	for (; material; material = material->next)
		bytes += material->reader
				 ? reader_timeline(material->reader)->block_count * DISK_BLOCK_SIZE
				 : 0;
	return bytes;
}
