/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/pool.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memzone.h>
#include <unistd.h>

#include "core/log.h"
#include "core/populate.h"
#include "packet/own.h"
#include "port/memory.h"

#include "core/banned.h"

static void
populate_chunk(struct rte_mempool *pool, void *context, struct rte_mempool_memhdr *chunk,
	       unsigned index)
{
	populate_memory(chunk->addr, chunk->len);
}

static void
free_memory(struct rte_mempool_memhdr *memory, void *zone)
{
	rte_memzone_free(zone);
}

static int
populate_flat(struct rte_mempool *pool, uint64_t bytes, int numa)
{
	const struct rte_memzone *zone;
	char name[RTE_MEMZONE_NAMESIZE];
	int ret;

	snprintf(name, sizeof(name), "%.*s memory", (int)sizeof(name) - 8, pool->name);
	zone = rte_memzone_reserve_aligned(name, bytes, numa, 0, getpagesize());
	if (!zone)
		return -rte_errno;
	if (rte_eal_iova_mode() == RTE_IOVA_VA || !rte_eal_has_hugepages())
		ret = rte_mempool_populate_iova(pool, zone->addr, zone->iova, zone->len,
						free_memory, (void *)(uintptr_t)zone);
	else
		ret = rte_mempool_populate_virt(pool, zone->addr, zone->len, zone->hugepage_sz,
						free_memory, (void *)(uintptr_t)zone);
	if (ret > 0)
		return 0;
	if (pool->nb_mem_chunks == 0)
		rte_memzone_free(zone);
	return ret < 0 ? ret : -ENOBUFS;
}

/*
 * net_af_xdp shows the kernel as much of the pool's memory as its packets take without gaps. DPDK
 * leaves a gap where one would lie in two pages, and the packets at the end would be out of the
 * kernel's sight, which takes them without a word and gives them back to nobody. So a packet takes
 * a power of two of bytes, and the first one lies where a page begins.
 */
static struct rte_mempool *
make_flat(const struct config *config, const char *name, unsigned cache, int numa)
{
	struct rte_pktmbuf_pool_private about = {
		.mbuf_data_room_size = RTE_PKTMBUF_HEADROOM + config->packet_size,
	};
	struct rte_mempool *pool =
		rte_mempool_create_empty(name, config->packets, memory_element_bytes(config), cache,
					 sizeof(about), numa, RTE_MEMPOOL_F_NO_SPREAD);
	int ret;

	if (!pool)
		return NULL;
	ret = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
	if (ret == 0) {
		rte_pktmbuf_pool_init(pool, &about);
		ret = populate_flat(pool, memory_pool_bytes(config), numa);
	}
	if (ret < 0) {
		rte_mempool_free(pool);
		rte_errno = -ret;
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

/* What nobody has touched yet: the mbufs, and the cores' caches of the pool. */
static void
populate(struct rte_mempool *pool)
{
	rte_mempool_mem_iter(pool, populate_chunk, NULL);
	populate_memory(pool->mz->addr, pool->mz->len);
}

/* Of headers, for a pool of packets that was just made. */
static bool
make_headers(struct ports *ports, const struct config *config, unsigned workers)
{
	struct port_pool *packets = &ports->pools[ports->pool_count - 1], *pool = packets + 1;
	uint32_t count = memory_headers(config);

	*pool = (struct port_pool){.numa = packets->numa,
				   .size = count,
				   .packet_size = WINDOW_HEADERS,
				   .bytes = memory_headers_bytes(config)};
	snprintf(pool->name, sizeof(pool->name), "headers%u", ports->pool_count / 2);
	pool->pool =
		window_pool(pool->name, count, memory_cache_size(count, workers), packets->numa);
	if (!pool->pool) {
		log_error("memory: no room for %u headers of edited packets (%" PRIu64
			  " MiB): %s; lower memory.headers or reserve more hugepages",
			  count, pool->bytes >> 20, rte_strerror(rte_errno));
		return false;
	}
	populate(pool->pool);
	packets->headers = pool->pool;
	ports->pool_count++;
	return true;
}

/* The first pool is measured, for all. What is copied offline is the same on every machine. */
static void
settle_copy_break(const struct ports *ports, const struct config *config, struct port_pool *pool)
{
	bool is_auto = config->copy_break == CONFIG_COPY_BREAK_AUTO;

	if (pool != ports->pools) {
		pool->copy_break = ports->pools[0].copy_break;
		pool->measured = ports->pools[0].measured;
		return;
	}
	pool->measured = is_auto && ports->mode == PORT_LIVE;
	if (pool->measured)
		pool->copy_break = own_measure(pool->pool, pool->headers);
	else
		pool->copy_break = is_auto ? OWN_BREAK : config->copy_break;
}

static struct port_pool *
pool_make(struct ports *ports, const struct config *config, int numa, unsigned workers)
{
	struct port_pool *pool = &ports->pools[ports->pool_count];
	unsigned cache = memory_cache_size(config->packets, workers);

	*pool = (struct port_pool){
		.numa = numa, .size = config->packets, .packet_size = config->packet_size};
	snprintf(pool->name, sizeof(pool->name), "packets%u", ports->pool_count / 2);
	if (memory_is_flat(config))
		pool->pool = make_flat(config, pool->name, cache, numa);
	else
		pool->pool =
			rte_pktmbuf_pool_create(pool->name, config->packets, cache, 0,
						RTE_PKTMBUF_HEADROOM + config->packet_size, numa);
	if (!pool->pool) {
		log_error("memory: no room for %u packets of %u bytes (%" PRIu64 " MiB): %s; lower "
			  "memory.packets or reserve more hugepages (sysctl vm.nr_hugepages)",
			  config->packets, config->packet_size, memory_pool_bytes(config) >> 20,
			  rte_strerror(rte_errno));
		return NULL;
	}
	populate(pool->pool);
	pool->bytes = memory_pool_bytes(config);
	ports->pool_count++;
	if (!make_headers(ports, config, workers))
		return NULL;
	settle_copy_break(ports, config, pool);
	return pool;
}

struct port_pool *
pool_for(struct ports *ports, const struct config *config, int numa, unsigned workers)
{
	/* Without hugepages all memory is one piece; elsewhere a device that names no node takes
	 * the main thread's. */
	if (!ports->hugepages)
		numa = SOCKET_ID_ANY;
	else if (numa < 0)
		numa = rte_socket_id() == (unsigned)SOCKET_ID_ANY ? 0 : (int)rte_socket_id();
	for (unsigned i = 0; i < ports->pool_count; i++) {
		if (ports->pools[i].headers && ports->pools[i].numa == numa)
			return &ports->pools[i];
	}
	return pool_make(ports, config, numa, workers);
}
