/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/pool.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <stdio.h>
#include <sys/mman.h>

#include "packet/own.h"

#include "core/banned.h"

#define PACKETS_MIN 1023
#define HEADERS 255

static void
unmap(struct rte_mempool_memhdr *memory, void *opaque)
{
	munmap(memory->addr, memory->len);
}

/* Ordinary memory: no device is given it, so an mbuf may lie across two pages. */
static int
populate(struct rte_mempool *pool, unsigned count)
{
	size_t size = (size_t)rte_mempool_calc_obj_size(pool->elt_size, pool->flags, NULL) * count +
		      RTE_MEMPOOL_ALIGN;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (memory == MAP_FAILED)
		return -errno;
	ret = rte_mempool_populate_iova(pool, memory, RTE_BAD_IOVA, size, unmap, NULL);
	if (ret <= 0)
		munmap(memory, size);
	return ret == (int)count ? 0 : -ENOMEM;
}

static struct rte_mempool *
make_packets(const char *name, unsigned count, uint32_t packet_size)
{
	struct rte_pktmbuf_pool_private about = {
		.mbuf_data_room_size = RTE_PKTMBUF_HEADROOM + packet_size,
	};
	unsigned element = sizeof(struct rte_mbuf) + about.mbuf_data_room_size;
	struct rte_mempool *pool =
		rte_mempool_create_empty(name, count, element, 0, sizeof(about), SOCKET_ID_ANY,
					 RTE_MEMPOOL_F_NO_IOVA_CONTIG);

	if (!pool)
		return NULL;
	if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL) < 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_pktmbuf_pool_init(pool, &about);
	if (populate(pool, count) < 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

int
pool_open(const struct config *config, struct port_pool *pool)
{
	static unsigned made;
	unsigned segments = (FRAME_MAX + config->packet_size - 1) / config->packet_size;
	unsigned count = RTE_MAX((unsigned)PACKETS_MIN, 2 * CONFIG_FORMS_MAX * segments);
	bool is_auto = config->copy_break == CONFIG_COPY_BREAK_AUTO;
	char headers[RTE_MEMPOOL_NAMESIZE];

	pool->packet_size = config->packet_size;
	pool->copy_break = is_auto ? OWN_BREAK : config->copy_break;
	snprintf(pool->name, sizeof(pool->name), "explain%u", made);
	snprintf(headers, sizeof(headers), "explain%u headers", made++);
	pool->pool = make_packets(pool->name, count, config->packet_size);
	pool->headers = window_pool(headers, HEADERS, 0, SOCKET_ID_ANY);
	return pool->pool && pool->headers ? 0 : -ENOMEM;
}

void
pool_close(struct port_pool *pool)
{
	rte_mempool_free(pool->headers);
	rte_mempool_free(pool->pool);
}
