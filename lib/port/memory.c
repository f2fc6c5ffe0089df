/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/memory.h"

#include <dirent.h>
#include <inttypes.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "port/driver.h"

#include "core/banned.h"

#define MIB (1024ull * 1024)
#define CACHE_MAX 512
#define CACHE_MIN 16
#define CACHE_PART 4 /* of a pool, what all caches together may hold */
#define DEFAULT_RING 1024
#define BURST_PACKETS 64

/* Of a replay's arena: it is made of blocks, which overlap in the file by a thirtieth. */
#define REPLAY_BLOCK_BYTES (2 * MIB)
#define REPLAY_OVERLAP_PART 16
#define REPLAY_HEADER_BYTES (16 * MIB)

/* What the EAL, drivers and the workers' flow tables take beside the pools. */
#define BASE_BYTES (96 * MIB)
#define WORKER_BYTES (64 * MIB)
/* Without hugepages the EAL can't grow later, and a config of 10,000 rules may be applied at any
 * time, beside the one that runs: room for two such classifiers, and more for more rules. */
#define TABLES_BYTES (1024 * MIB)
#define RULE_BYTES (64 * 1024ull)
#define TABLES_BYTES_MAX (6 * 1024 * MIB)

uint64_t
memory_pool_bytes(const struct config *config)
{
	uint32_t object = sizeof(struct rte_mbuf) + RTE_PKTMBUF_HEADROOM + config->packet_size;

	return (uint64_t)config->packets * rte_mempool_calc_obj_size(object, 0, NULL);
}

uint32_t
memory_packets_needed(const struct config *config, unsigned workers)
{
	uint32_t needed = workers * BURST_PACKETS;

	for (unsigned i = 0; i < config->port_count; i++) {
		const struct config_port *port = &config->ports[i];
		uint32_t rx_ring = port->rx_ring ? port->rx_ring : DEFAULT_RING;
		uint32_t tx_ring = port->tx_ring ? port->tx_ring : DEFAULT_RING;
		uint32_t queues = port->queues ? port->queues : 1;

		if (port->kind == CONFIG_PORT_PCI)
			needed += queues * rx_ring + workers * tx_ring;
		else if (port->kind == CONFIG_PORT_AF_XDP)
			needed += queues * (AF_XDP_FILL_PACKETS + AF_XDP_SEND_PACKETS);
	}
	/* Caches take a part of the pool, whatever its size. */
	return needed + needed / (CACHE_PART - 1) + 1;
}

uint32_t
memory_cache_size(uint32_t packets, unsigned workers)
{
	uint32_t cache = CACHE_MAX;

	/* A cache holds up to one and a half times its size; the main lcore has one too. */
	while (cache > 0 && (cache + cache / 2) * (workers + 1) > packets / CACHE_PART)
		cache /= 2;
	return cache < CACHE_MIN ? 0 : cache;
}

static uint64_t
read_number(const char *path)
{
	char text[32] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strtoull(text, NULL, 10);
}

/* Bytes in free hugepages of all sizes, and the size of the largest that is there at all. */
static uint64_t
free_hugepage_bytes(uint64_t *page_bytes)
{
	static const char root[] = "/sys/kernel/mm/hugepages";
	uint64_t total = 0;
	struct dirent *entry;
	DIR *directory = opendir(root);

	*page_bytes = 2 * MIB;
	while (directory && (entry = readdir(directory))) {
		char path[sizeof(root) + sizeof(entry->d_name) + 32];
		uint64_t kib, count;

		if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kib) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%s/free_hugepages", root, entry->d_name);
		count = read_number(path);
		total += count * kib * 1024;
		snprintf(path, sizeof(path), "%s/%s/nr_hugepages", root, entry->d_name);
		if (kib * 1024 < *page_bytes && read_number(path) > 0)
			*page_bytes = kib * 1024;
	}
	if (directory)
		closedir(directory);
	return total;
}

/* Nodes that devices of the config sit on: each gets a pool. */
static unsigned
count_nodes(const struct config *config)
{
	uint64_t seen = 0;

	for (unsigned i = 0; i < config->port_count; i++) {
		char path[128];

		if (config->ports[i].kind != CONFIG_PORT_PCI)
			continue;
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node",
			 config->ports[i].device);
		/* -1, where the machine has one node, reads as a large number. */
		seen |= 1ull << (read_number(path) % 64 == 63 ? 0 : read_number(path) % 64);
	}
	return seen ? __builtin_popcountll(seen) : 1;
}

static bool
has_pci(const struct config *config)
{
	for (unsigned i = 0; i < config->port_count; i++) {
		if (config->ports[i].kind == CONFIG_PORT_PCI)
			return true;
	}
	return false;
}

/* What replays need at most: their arenas, which are no larger than their files, and mbufs. */
static uint64_t
replay_bytes(const struct config *config)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < config->replay_count; i++) {
		const struct config_replay *replay = &config->replays[i];
		uint64_t files = 0;
		struct stat status;

		for (unsigned f = 0; f < replay->file_count; f++) {
			if (stat(replay->files[f], &status) == 0 && S_ISREG(status.st_mode))
				files += status.st_size + status.st_size / REPLAY_OVERLAP_PART +
					 2 * REPLAY_BLOCK_BYTES;
		}
		total += (files < replay->memory ? files : replay->memory) + REPLAY_HEADER_BYTES;
	}
	return total;
}

static void
plan_ordinary(const struct config *config, uint64_t pools, unsigned workers,
	      struct memory_plan *plan)
{
	uint64_t tables = TABLES_BYTES + config->rule_count * RULE_BYTES;

	if (tables > TABLES_BYTES_MAX)
		tables = TABLES_BYTES_MAX;
	plan->hugepages = false;
	plan->megabytes =
		(pools + BASE_BYTES + workers * WORKER_BYTES + tables + replay_bytes(config)) / MIB;
}

enum memory_verdict
memory_plan(const struct config *config, enum port_mode mode, struct memory_plan *plan,
	    char *reason, size_t size)
{
	unsigned workers = config->worker_count ? config->worker_count : 1;
	uint64_t pools = memory_pool_bytes(config) * count_nodes(config);
	uint64_t needed =
		(pools + BASE_BYTES + workers * WORKER_BYTES + replay_bytes(config)) / MIB;
	uint64_t page_bytes, free_bytes, missing;
	bool required;

	plan_ordinary(config, pools, workers, plan);
	if (mode == PORT_OFFLINE)
		return MEMORY_FITS;
	required = config->hugepages == CONFIG_HUGEPAGES_TRUE || has_pci(config);
	if (config->hugepages == CONFIG_HUGEPAGES_FALSE) {
		snprintf(reason, size,
			 "a pci port needs hugepages, but the config says "
			 "`hugepages: false`; say `auto` or `true`");
		return has_pci(config) ? MEMORY_REFUSED : MEMORY_FITS;
	}
	free_bytes = free_hugepage_bytes(&page_bytes);
	if (free_bytes / MIB >= needed) {
		plan->hugepages = true;
		return MEMORY_FITS;
	}
	missing = (needed * MIB - free_bytes + page_bytes - 1) / page_bytes;
	snprintf(reason, size,
		 "%s%" PRIu64 " MiB of hugepages are needed and %" PRIu64
		 " MiB are free; reserve %" PRIu64 " pages of %" PRIu64
		 " KiB more (sysctl vm.nr_hugepages), or %s",
		 required ? "" : "ordinary pages are used, which is slower: ", needed,
		 (uint64_t)(free_bytes / MIB), missing, page_bytes / 1024,
		 required ? "lower memory.packets" : "say `hugepages: false`");
	return required ? MEMORY_REFUSED : MEMORY_SLOWER;
}
