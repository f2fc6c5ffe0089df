/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/memory.h"

#include <inttypes.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packet/window.h"
#include "port/driver.h"

#include "core/banned.h"

#define MIB (1024ull * 1024)
#define CACHE_MAX 512
#define CACHE_MIN 16
#define CACHE_PART 4 /* of a pool, what all caches together may hold */
#define DEFAULT_RING 1024
#define DEFAULT_PAGE_BYTES (2 * MIB)
#define BURST_PACKETS 64

/* The kernel's XDP_UMEM_MIN_CHUNK_SIZE, and XDP_PACKET_HEADROOM, which it keeps before what it
 * receives. */
#define XDP_CHUNK_MIN 2048
#define XDP_CHUNK_KEPT 256

/* What the EAL, drivers and the workers' flow tables take beside the pools. */
#define BASE_BYTES (96 * MIB)
#define WORKER_BYTES (64 * MIB)
/* Without hugepages the EAL can't grow later, and a config of 10,000 rules may be applied at any
 * time, beside the one that runs: room for two such classifiers, and more for more rules. */
#define TABLES_BYTES (1024 * MIB)
#define RULE_BYTES (64 * 1024ull)
#define TABLES_BYTES_MAX (6 * 1024 * MIB)

static uint32_t
element_bytes(uint32_t packet_size)
{
	return sizeof(struct rte_mbuf) + RTE_PKTMBUF_HEADROOM + packet_size;
}

/* Of a pool without gaps, see pool.c. What is larger than a page has none. */
static uint32_t
flat_bytes(uint32_t packet_size, struct rte_mempool_objsz *parts)
{
	uint32_t object = rte_mempool_calc_obj_size(element_bytes(packet_size),
						    RTE_MEMPOOL_F_NO_SPREAD, parts);

	return object > (uint32_t)getpagesize() ? object : rte_align32pow2(object);
}

bool
memory_is_af_xdp(const struct config_port *port)
{
	return port->kind == CONFIG_PORT_AF_XDP ||
	       (port->kind == CONFIG_PORT_VDEV && strncmp(port->device, "net_af_xdp", 10) == 0);
}

bool
memory_is_flat(const struct config *config)
{
	if (config->keep & CONFIG_KEEP_AF_XDP)
		return true;
	for (unsigned i = 0; i < config->port_count; i++) {
		if (memory_is_af_xdp(&config->ports[i]))
			return true;
	}
	return false;
}

uint32_t
memory_element_bytes(const struct config *config)
{
	uint32_t element = element_bytes(config->packet_size);
	struct rte_mempool_objsz parts;

	if (!memory_is_flat(config))
		return element;
	return element + flat_bytes(config->packet_size, &parts) - parts.total_size;
}

uint64_t
memory_pool_bytes(const struct config *config)
{
	uint32_t flags = memory_is_flat(config) ? RTE_MEMPOOL_F_NO_SPREAD : 0;

	return (uint64_t)config->packets *
	       rte_mempool_calc_obj_size(memory_element_bytes(config), flags, NULL);
}

uint64_t
memory_headers_bytes(const struct config *config)
{
	return window_pool_bytes(memory_headers(config));
}

void
memory_xdp_sizes(uint32_t *least, uint32_t *most)
{
	uint32_t page = (uint32_t)getpagesize();

	for (*most = page; flat_bytes(*most, NULL) > page;)
		--*most;
	for (*least = 0; flat_bytes(*least, NULL) < XDP_CHUNK_MIN;)
		++*least;
}

uint32_t
memory_xdp_frame(uint32_t packet_size)
{
	struct rte_mempool_objsz parts;
	uint32_t chunk = flat_bytes(packet_size, &parts);
	uint32_t kept = parts.header_size + element_bytes(0) + XDP_CHUNK_KEPT;

	return chunk > kept ? RTE_MIN(chunk - kept, packet_size) : 0;
}

uint32_t
memory_xdp_size(uint32_t frame)
{
	uint32_t size, most;

	for (memory_xdp_sizes(&size, &most); size <= most; size++) {
		if (memory_xdp_frame(size) >= frame)
			return size;
	}
	return 0;
}

uint32_t
memory_packets_needed(const struct config *config, unsigned workers)
{
	uint32_t needed = workers * (BURST_PACKETS + config_targets_packets(config));

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

/* Adds up what is free in a directory of hugepage sizes. */
static void
read_hugepages(const struct root *root, const char *directory, struct memory_node *node)
{
	struct root_names sizes;

	root_list(root, &sizes, "%s", directory);
	for (unsigned i = 0; i < sizes.count; i++) {
		uint64_t kib, available = 0, reserved = 0;

		if (sscanf(sizes.items[i], "hugepages-%" SCNu64 "kB", &kib) != 1 || kib == 0)
			continue;
		root_number(root, &available, "%s/%s/free_hugepages", directory, sizes.items[i]);
		root_number(root, &reserved, "%s/%s/nr_hugepages", directory, sizes.items[i]);
		node->free_bytes += available * kib * 1024;
		if (reserved && (!node->page_bytes || kib * 1024 < node->page_bytes))
			node->page_bytes = kib * 1024;
	}
	root_names_free(&sizes);
	node->exists = true;
	if (!node->page_bytes)
		node->page_bytes = DEFAULT_PAGE_BYTES;
}

/* Pages that are free, but promised to programs that have mapped them and not used them yet. The
 * kernel does not say on which node they will be taken. */
static uint64_t
promised_bytes(const struct root *root)
{
	static const char top[] = "/sys/kernel/mm/hugepages";
	struct root_names sizes;
	uint64_t total = 0;

	root_list(root, &sizes, "%s", top);
	for (unsigned i = 0; i < sizes.count; i++) {
		uint64_t kib, promised = 0;

		if (sscanf(sizes.items[i], "hugepages-%" SCNu64 "kB", &kib) != 1)
			continue;
		root_number(root, &promised, "%s/%s/resv_hugepages", top, sizes.items[i]);
		total += promised * kib * 1024;
	}
	root_names_free(&sizes);
	return total;
}

static void
read_nodes(const struct root *root, struct memory_plan *plan)
{
	static const char top[] = "/sys/devices/system/node";
	char directory[sizeof(top) + sizeof("/node4294967295/hugepages")];
	struct root_names names;
	uint64_t promised = promised_bytes(root);
	unsigned count = 0;

	root_list(root, &names, "%s", top);
	for (unsigned i = 0; i < names.count; i++) {
		unsigned number;

		if (sscanf(names.items[i], "node%u", &number) != 1 || number >= MEMORY_NODES_MAX)
			continue;
		snprintf(directory, sizeof(directory), "%s/node%u/hugepages", top, number);
		read_hugepages(root, directory, &plan->nodes[number]);
		count++;
	}
	root_names_free(&names);
	/* A kernel without NUMA has one node, and does not call it so. */
	if (count == 0)
		read_hugepages(root, "/sys/kernel/mm/hugepages", &plan->nodes[0]);
	for (unsigned i = 0; i < MEMORY_NODES_MAX; i++) {
		const struct memory_node *node = &plan->nodes[i];

		plan->free_bytes += node->free_bytes;
		if (node->exists && (!plan->page_bytes || node->page_bytes < plan->page_bytes))
			plan->page_bytes = node->page_bytes;
	}
	plan->free_bytes -= promised < plan->free_bytes ? promised : plan->free_bytes;
	for (unsigned i = 0; i < MEMORY_NODES_MAX; i++) {
		if (plan->nodes[i].free_bytes > plan->free_bytes)
			plan->nodes[i].free_bytes = plan->free_bytes;
	}
}

/* The node that a port's pool lies on, see pool_for. */
static unsigned
port_node(const struct config_port *port, const struct root *root, unsigned main_node)
{
	uint64_t node;

	/* "-1", where the device does not know its node, is no number here. */
	if (port->kind == CONFIG_PORT_PCI &&
	    root_number(root, &node, "/sys/bus/pci/devices/%s/numa_node", port->device) == 0 &&
	    node < MEMORY_NODES_MAX)
		return node;
	return main_node;
}

/* Every node that ports sit on gets a pool. Returns how many there are. */
static unsigned
place_pools(const struct config *config, const struct root *root, struct memory_plan *plan)
{
	unsigned count = 0;

	for (unsigned i = 0; i < config->port_count; i++) {
		struct memory_node *node =
			&plan->nodes[port_node(&config->ports[i], root, plan->main_node)];

		if (node->pool_bytes == 0)
			count++;
		node->pool_bytes = memory_pool_bytes(config) + memory_headers_bytes(config);
	}
	return count;
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

static uint64_t
disk_bytes(const struct config *config)
{
	uint64_t total = config_captures_bytes(config, NULL);

	for (unsigned i = 0; i < config->replay_count; i++)
		total += memory_replay_bytes(config, i);
	return total;
}

uint64_t
memory_live_bytes(const struct config *config)
{
	return config->port_count * MEMORY_PORT_BYTES + disk_bytes(config);
}

static void
plan_ordinary(const struct config *config, uint64_t pools, unsigned workers,
	      struct memory_plan *plan)
{
	uint64_t tables = TABLES_BYTES + config->rule_count * RULE_BYTES;

	if (tables > TABLES_BYTES_MAX)
		tables = TABLES_BYTES_MAX;
	plan->hugepages = false;
	plan->megabytes = (pools + BASE_BYTES + workers * WORKER_BYTES + tables +
			   disk_bytes(config) + config->reserve) /
			  MIB;
}

static bool
has_room(const struct memory_plan *plan)
{
	for (unsigned i = 0; i < MEMORY_NODES_MAX; i++) {
		if (plan->nodes[i].pool_bytes > plan->nodes[i].free_bytes)
			return false;
	}
	return plan->free_bytes >= plan->needed_bytes;
}

enum memory_verdict
memory_plan(const struct config *config, enum port_mode mode, const struct root *root,
	    int main_node, struct memory_plan *plan)
{
	unsigned workers = config->worker_count ? config->worker_count : 1;
	bool pci = has_pci(config);
	uint64_t pools;

	*plan = (struct memory_plan){0};
	if (main_node > 0 && main_node < MEMORY_NODES_MAX)
		plan->main_node = main_node;
	pools = (memory_pool_bytes(config) + memory_headers_bytes(config)) *
		place_pools(config, root, plan);
	plan_ordinary(config, pools, workers, plan);
	if (mode == PORT_OFFLINE)
		return MEMORY_FITS;
	/* What is kept by default is no reason to go without hugepages, or not to start. */
	plan->needed_bytes = pools + BASE_BYTES + workers * WORKER_BYTES + disk_bytes(config) +
			     (config->reserve_given ? config->reserve : 0);
	read_nodes(root, plan);
	if (config->hugepages == CONFIG_HUGEPAGES_FALSE)
		return pci ? MEMORY_UNASKED : MEMORY_FITS;
	if (has_room(plan)) {
		plan->hugepages = true;
		return MEMORY_FITS;
	}
	return pci || config->hugepages == CONFIG_HUGEPAGES_TRUE ? MEMORY_SHORT : MEMORY_SLOWER;
}
