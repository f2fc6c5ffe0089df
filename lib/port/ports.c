/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/ports.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "port/capture.h"
#include "port/device.h"
#include "port/driver.h"
#include "port/eal_log.h"
#include "port/ethdev.h"
#include "port/pool.h"
#include "port/time.h"

#include "core/banned.h"

#define DRAIN_PACKETS 64
#define SETTLE_STEPS 200 /* of a millisecond */

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
	port->can_receive = config->kind != CONFIG_PORT_PCAP || config->pcap_in;
	port->capture_fds[0] = -1;
	port->capture_fds[1] = -1;
	return port;
}

/* What the input capture holds; it must still be what ports_check found sound. */
static int
read_capture(struct port *port)
{
	char reason[PCAP_ERRBUF_SIZE + 128];
	struct capture_info info;
	int ret;

	if (!port->config->pcap_in)
		return 0;
	ret = capture_scan(port->config->pcap_in, &info, reason, sizeof(reason));
	if (ret < 0) {
		log_error("port %s: %s %s", port->config->name, port->config->pcap_in, reason);
		return ret;
	}
	port->records = info.records;
	port->truncated = info.truncated;
	return 0;
}

/* Offline every port's output is a writer; one without a file takes packets and keeps none. */
static int
open_offline(struct port *port)
{
	const struct config_port *config = port->config;

	port->chains = true;
	port->tx_queues = 1;
	if (config->kind != CONFIG_PORT_PCAP) {
		port->can_receive = false;
		log_info("port %s: offline there is no device; what goes there is counted alone",
			 config->name);
	}
	return capture_writer_open(config->pcap_out, &port->writer);
}

static int
open_port(struct ports *ports, const struct config *config, unsigned i)
{
	struct port *port = port_new(&config->ports[i], i);
	int ret;

	if (!port)
		return log_fail(ENOMEM, "port %s", config->ports[i].name);
	ports->items[ports->count++] = port;
	eal_log_forget();
	ret = read_capture(port);
	if (ret == 0)
		ret = device_open(port, ports->mode);
	return ret;
}

static int
setup_port(struct ports *ports, const struct config *config, struct port *port, unsigned workers)
{
	int ret = 0;

	if (port->opened) {
		port->pool = pool_for(ports, config, port->numa, workers);
		ret = port->pool ? ethdev_setup(port, workers) : -ENOMEM;
	}
	if (ret == 0 && ports->mode == PORT_OFFLINE)
		ret = open_offline(port);
	return ret;
}

static int
open_all(struct ports *ports, const struct config *config, unsigned workers)
{
	int ret = packet_time_register();

	for (unsigned i = 0; ret == 0 && i < config->port_count; i++)
		ret = open_port(ports, config, i);
	for (unsigned i = 0; ret == 0 && i < ports->count; i++)
		ret = setup_port(ports, config, ports->items[i], workers);
	for (unsigned i = 0; ret == 0 && i < ports->count; i++) {
		if (ports->items[i]->opened)
			ret = ethdev_start(ports->items[i]);
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
	eal_log_hold(true);
	ret = open_all(ports, config, workers);
	if (ret < 0) {
		ports_close(ports);
		ports_free(ports);
	}
	eal_log_hold(false);
	if (ret < 0)
		return ret;
	for (unsigned i = 0; i < ports->count; i++)
		port_poll_link(ports->items[i]);
	iommu_log_open(ports);
	fault_offer(ports);
	return 0;
}

static void
drain_received(struct port *port)
{
	struct rte_mbuf *packets[DRAIN_PACKETS];
	uint16_t count;

	for (uint16_t queue = 0; queue < port->rx_queues; queue++) {
		while ((count = rte_eth_rx_burst(port->id, queue, packets, DRAIN_PACKETS)) > 0)
			rte_pktmbuf_free_bulk(packets, count);
	}
}

/* Lets drivers that collect what they sent only when they send again do so, until nothing but their own
 * share is missing from the pools. */
static void
settle(const struct ports *ports)
{
	for (unsigned step = 0; step < SETTLE_STEPS; step++) {
		bool any = false;

		for (unsigned i = 0; i < ports->count; i++) {
			const struct port *port = ports->items[i];

			if (!port->started || !port->quirks->settles)
				continue;
			any = true;
			for (uint16_t queue = 0; queue < port->tx_queues; queue++)
				rte_eth_tx_burst(port->id, queue, NULL, 0);
		}
		if (!any || ports_leaked(ports) == 0)
			return;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

/* A driver whose link went down, or whose interface was removed, keeps what it took to send and could
 * not. Those packets are lost, but no leak of ours. */
static void
count_unsent(struct ports *ports)
{
	for (unsigned i = 0; i < ports->count; i++) {
		struct port *port = ports->items[i];
		uint64_t unsent = ports_leaked(ports);

		if (!port->started || !port->quirks->settles || unsent == 0)
			continue;
		port_poll_link(port);
		if (port->up)
			continue;
		unsent = RTE_MIN(unsent,
				 port->tx_queues * (port->rx_ring + (uint64_t)AF_XDP_SEND_PACKETS));
		port->pool->driver_holds += unsent;
		log_warning("port %s: %" PRIu64 " packets could not leave, the link is down",
			    port->config->name, unsent);
	}
}

static void
close_port(struct port *port)
{
	if (port->started && port->quirks->loops)
		drain_received(port);
	/* The kernel keeps the flag when the socket is gone. */
	if (port->started && port->restore)
		rte_eth_promiscuous_disable(port->id);
	if (port->started)
		rte_eth_dev_stop(port->id);
	port->started = false;
	device_close(port);
}

static void
close_ports(struct ports *ports, bool settling)
{
	for (unsigned i = ports->count; i-- > 0;) {
		if (ports->items[i]->quirks->settles == settling)
			close_port(ports->items[i]);
	}
}

int
ports_close(struct ports *ports)
{
	int ret = 0;

	iommu_log_close(ports);
	/* Settling looks at what is missing, so the others give back theirs first. */
	close_ports(ports, false);
	settle(ports);
	count_unsent(ports);
	close_ports(ports, true);
	for (unsigned i = 0; i < ports->count; i++) {
		struct port *port = ports->items[i];
		int closed = port->writer ? capture_writer_close(port->writer) : 0;

		port->writer = NULL;
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
		uint64_t there = rte_mempool_avail_count(pool->pool) + pool->driver_holds;

		if (there < pool->size)
			leaked += pool->size - there;
	}
	return leaked;
}

void
ports_free(struct ports *ports)
{
	for (unsigned i = 0; i < ports->count; i++) {
		rte_free(ports->items[i]->tx_locks);
		rte_free(ports->items[i]);
		ports->items[i] = NULL;
	}
	for (unsigned i = 0; i < ports->pool_count; i++)
		rte_mempool_free(ports->pools[i].pool);
	ports->count = 0;
	ports->pool_count = 0;
}
