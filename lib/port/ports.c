/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/ports.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "port/cut.h"
#include "port/device.h"
#include "port/driver.h"
#include "port/eal_log.h"
#include "port/ethdev.h"
#include "port/memory.h"
#include "port/removal.h"
#include "port/rescue.h"
#include "port/service.h"
#include "port/time.h"

#include "core/banned.h"

static struct port *
port_new(const struct config_port *config, uint16_t index)
{
	struct port *port = rte_zmalloc("port", sizeof(*port), RTE_CACHE_LINE_SIZE);

	if (!port)
		return NULL;
	port->id = RTE_MAX_ETHPORTS;
	port->index = index;
	port->config = config;
	port->numa = SOCKET_ID_ANY;
	port->quirks = driver_find("");
	port->can_receive = config->kind != CONFIG_PORT_PCAP || config->in.file_count > 0;
	return port;
}

struct port *
ports_find(const struct ports *ports, const char *name)
{
	for (unsigned i = 0; i < ports->count; i++) {
		if (!ports->items[i]->ended && strcmp(ports->items[i]->config->name, name) == 0)
			return ports->items[i];
	}
	return NULL;
}

struct port *
ports_make(const struct config_port *config, uint16_t slot)
{
	struct port *port = port_new(config, slot);

	if (port)
		atomic_store(&port->service, PORT_STOPPED);
	return port;
}

void
ports_unmake(struct port *port)
{
	if (!port)
		return;
	rescue_later(port);
	service_forget(port);
	rte_free(port);
}

void
ports_follow(struct port *port, const struct port *before)
{
	port->ifindex = before->ifindex;
	atomic_store(&port->closed_ns, atomic_load(&before->closed_ns));
}

struct port *
ports_put(struct ports *ports, struct port *port)
{
	uint16_t slot = port->index;
	struct port *before = slot < ports->count ? ports->items[slot] : NULL;

	if (before && !before->ended) {
		port->past = before->past;
		port->link_changes = before->link_changes;
		port->was_up = before->was_up;
		port->iommu_faults = before->iommu_faults;
	}
	if (before) {
		ports->past_copies.packets += before->copies.packets;
		ports->past_copies.bytes += before->copies.bytes;
		ports->past_lacks |= before->incomplete || before->read.broken;
	}
	/* What the kernel may still have of it stays until the next socket on its queue, or the
	 * end. */
	if (before && !port->later.count) {
		port->later = before->later;
		before->later = (struct rescue_list){0};
	}
	while (ports->count <= slot)
		ports->items[ports->count++] = port;
	__atomic_store_n(&ports->items[slot], port, __ATOMIC_RELEASE);
	return before;
}

static int
open_port(struct ports *ports, const struct config *config, unsigned i)
{
	struct port *port = port_new(&config->ports[i], i);
	if (!port)
		return log_fail(ENOMEM, "port %s", config->ports[i].name);
	ports->items[ports->count++] = port;
	return service_open(ports, port);
}

static int
open_all(struct ports *ports, const struct config *config, unsigned workers)
{
	int ret = ports->mode == PORT_OFFLINE ? packet_time_register() : packet_cut_register();

	for (unsigned i = 0; ret == 0 && i < config->port_count; i++)
		ret = open_port(ports, config, i);
	for (unsigned i = 0; ret == 0 && i < ports->count; i++)
		ret = service_setup(ports, config, ports->items[i], workers);
	for (unsigned i = 0; ret == 0 && i < ports->count; i++) {
		ret = service_start(ports->items[i]);
	}
	return ret;
}

int
ports_open(struct ports *ports, const struct config *config, enum port_mode mode, unsigned workers)
{
	int ret;

	memset(ports, 0, sizeof(*ports));
	ports->mode = mode;
	ports->kernel_log = -1;
	ports->hugepages = rte_eal_has_hugepages();
	ports->flat = memory_is_flat(config);
	eal_log_hold(true);
	ret = open_all(ports, config, workers);
	if (ret < 0) {
		ports_close(ports);
		ports_free(ports);
	}
	eal_log_hold(false);
	if (ret < 0)
		return ret;
	for (unsigned i = 0; i < ports->count; i++) {
		port_poll_link(ports->items[i]);
		ports->pci |= config->ports[i].kind == CONFIG_PORT_PCI && mode == PORT_LIVE;
	}
	if (ports->pci)
		removal_watch();
	iommu_log_open(ports);
	fault_offer(ports);
	return 0;
}

int
ports_close(struct ports *ports)
{
	int ret = ports->past_lacks ? -EIO : 0;

	removal_unwatch();
	iommu_log_close(ports);
	for (unsigned i = ports->count; i-- > 0;)
		service_close(ports->items[i], false);
	for (unsigned i = 0; i < ports->count; i++) {
		struct port *port = ports->items[i];
		int closed = port->writer ? capture_writer_close(port->writer) : 0;

		port->writer = NULL;
		if (port->incomplete || port->read.broken)
			closed = -EIO;
		if (ret == 0)
			ret = closed;
	}
	return ret;
}

uint64_t
ports_leaked(const struct ports *ports)
{
	uint64_t leaked = 0;

	for (unsigned i = 0; i < ports->pool_count; i++) {
		const struct port_pool *pool = &ports->pools[i];
		uint64_t there =
			rte_mempool_avail_count(pool->pool) + pool->driver_holds + pool->forgotten;
		uint64_t missing = there < pool->size ? pool->size - there : 0;

		leaked += missing > pool->may_hold ? missing - pool->may_hold : 0;
	}
	return leaked;
}

void
ports_free(struct ports *ports)
{
	for (unsigned i = 0; i < ports->count; i++) {
		ports_unmake(ports->items[i]);
		ports->items[i] = NULL;
	}
	for (unsigned i = 0; i < ports->pool_count; i++)
		rte_mempool_free(ports->pools[i].pool);
	ports->count = 0;
	ports->pool_count = 0;
}
