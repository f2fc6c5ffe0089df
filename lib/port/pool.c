/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/pool.h"

#include <inttypes.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "core/log.h"
#include "core/populate.h"
#include "port/memory.h"

#include "core/banned.h"

static void
populate_chunk(struct rte_mempool *pool, void *context, struct rte_mempool_memhdr *chunk,
	       unsigned index)
{
	populate_memory(chunk->addr, chunk->len);
}

static struct port_pool *
pool_make(struct ports *ports, const struct config *config, int numa, unsigned workers)
{
	struct port_pool *pool = &ports->pools[ports->pool_count];

	*pool = (struct port_pool){.numa = numa, .size = config->packets};
	snprintf(pool->name, sizeof(pool->name), "packets%u", ports->pool_count);
	pool->pool = rte_pktmbuf_pool_create(pool->name, config->packets,
					     memory_cache_size(config->packets, workers), 0,
					     RTE_PKTMBUF_HEADROOM + config->packet_size, numa);
	if (!pool->pool) {
		log_error("memory: no room for %u packets of %u bytes (%" PRIu64 " MiB): %s; lower "
			  "memory.packets or reserve more hugepages (sysctl vm.nr_hugepages)",
			  config->packets, config->packet_size, memory_pool_bytes(config) >> 20,
			  rte_strerror(rte_errno));
		return NULL;
	}
	/* The packets, and the cores' caches of the pool, which nobody has touched yet. */
	rte_mempool_mem_iter(pool->pool, populate_chunk, NULL);
	populate_memory(pool->pool->mz->addr, pool->pool->mz->len);
	pool->bytes = memory_pool_bytes(config);
	ports->pool_count++;
	return pool;
}

struct port_pool *
pool_for(struct ports *ports, const struct config *config, int numa, unsigned workers)
{
	/* Without hugepages all memory is one piece; elsewhere a device that names no node takes the
	 * main thread's. */
	if (!ports->hugepages)
		numa = SOCKET_ID_ANY;
	else if (numa < 0)
		numa = rte_socket_id() == (unsigned)SOCKET_ID_ANY ? 0 : (int)rte_socket_id();
	for (unsigned i = 0; i < ports->pool_count; i++) {
		if (ports->pools[i].numa == numa)
			return &ports->pools[i];
	}
	return pool_make(ports, config, numa, workers);
}
