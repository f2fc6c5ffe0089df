/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/fault.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "core/log.h"
#include "port/port.h"
#include "port/ports.h"

#include "core/banned.h"

/* A receive takes no more buffers at once. */
#define BATCH 32

static struct {
	_Atomic(const struct port *) port; /* the last to be set, the first to be cleared */
	uint64_t address;
	uint32_t left;
	bool prepared;
} fault;

static const struct ports *offered;

static rte_iova_t
own_address(struct rte_mbuf *packet)
{
	return rte_mempool_virt2iova(packet) + ((uintptr_t)packet->buf_addr - (uintptr_t)packet);
}

void
fault_offer(const struct ports *ports)
{
	offered = ports;
}

static const struct port *
find_port(const char *name)
{
	for (unsigned i = 0; offered && i < offered->count; i++) {
		if (strcmp(offered->items[i]->config->name, name) == 0)
			return offered->items[i];
	}
	return NULL;
}

int
fault_dma(const char *name, uint64_t address, uint32_t count)
{
	const struct port *port = find_port(name);

	if (!port)
		return -ENOENT;
	if (!port->opened || port->pool->pool->cache_size < BATCH)
		return -ENOTSUP;
	if (atomic_load(&fault.port))
		return -EBUSY;
	fault.address = address;
	fault.left = count;
	log_warning("port %s: its device will be told to write to %#" PRIx64 ", %u times",
		    port->config->name, address, count);
	atomic_store(&fault.port, count ? port : NULL);
	return 0;
}

/* The worker's cache of the pool is a stack: what is put there last is what the driver takes
 * first. */
void
fault_before_receive(const struct port *port)
{
	struct rte_mempool *pool;
	void *buffers[BATCH];

	if (atomic_load(&fault.port) != port)
		return;
	pool = port->pool->pool;
	if (rte_mempool_get_bulk(pool, buffers, BATCH) < 0)
		return;
	for (unsigned i = 0; i < BATCH && i < fault.left; i++)
		((struct rte_mbuf *)buffers[BATCH - 1 - i])->buf_iova =
			fault.address - RTE_PKTMBUF_HEADROOM;
	rte_mempool_put_bulk(pool, buffers, BATCH);
	fault.prepared = true;
}

static void
mend(struct rte_mbuf *packet)
{
	for (; packet; packet = packet->next)
		packet->buf_iova = own_address(packet);
}

static void
take_back(struct rte_mempool *pool)
{
	uint32_t prepared = RTE_MIN(fault.left, (uint32_t)BATCH), found = 0;
	void *buffers[BATCH];

	fault.prepared = false;
	if (rte_mempool_get_bulk(pool, buffers, BATCH) < 0)
		return;
	for (unsigned i = 0; i < BATCH; i++) {
		found += ((struct rte_mbuf *)buffers[i])->buf_iova != own_address(buffers[i]);
		mend(buffers[i]);
	}
	rte_mempool_put_bulk(pool, buffers, BATCH);
	fault.left -= prepared - found;
	if (fault.left == 0)
		atomic_store(&fault.port, NULL);
}

void
fault_after_receive(const struct port *port, struct rte_mbuf **packets, uint16_t count)
{
	if (atomic_load(&fault.port) == port && fault.prepared)
		take_back(port->pool->pool);
	for (uint16_t i = 0; i < count; i++)
		mend(packets[i]);
}
