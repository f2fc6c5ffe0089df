/* SPDX-License-Identifier: BSD-3-Clause */
#include <linux/if_xdp.h>
#include <net/if.h>
#include <rte_malloc.h>
#include <sys/socket.h>

#include "core/log.h"
#include "core/root.h"
#include "port/frames.h"
#include "port/port.h"

#include "core/banned.h"

/* At a driver's counters, until one look is not disturbed; what was told before must do
 * otherwise. */
#define LOOKS 8

/* What the interface below a port counts as not sent: there the kernel says what it did with
 * packets that it had taken. Those of others who send on it are among them. */
static uint64_t
interface_unsent(const struct port *port)
{
	const struct root root = {""};
	uint64_t dropped = 0, errors = 0;
	char name[IF_NAMESIZE];

	if (!frames_interface(port, name, sizeof(name)))
		return 0;
	root_number(&root, &dropped, "/sys/class/net/%s/statistics/tx_dropped", name);
	root_number(&root, &errors, "/sys/class/net/%s/statistics/tx_errors", name);
	return dropped + errors;
}

/* Descriptors in which the kernel found nothing that it could send. */
static uint64_t
invalid_descriptors(const struct port *port)
{
	uint64_t invalid = 0;

	for (unsigned i = 0; i < port->left.count; i++) {
		struct xdp_statistics statistics = {0};
		socklen_t length = sizeof(statistics);

		if (port->left.items[i].socket &&
		    getsockopt(port->left.items[i].fd, SOL_XDP, XDP_STATISTICS, &statistics,
			       &length) == 0)
			invalid += statistics.tx_invalid_descs;
	}
	return invalid;
}

/*
 * Of a driver that frees packets which it took, without sending them: a queue's counter of those
 * and all that it refused, and how often it refused some. net_vmxnet3 does so with a chain for
 * which its ring has room, but too little, and its statistics know nothing of it.
 */
enum { UNSENT, REFUSALS, COUNTERS };
static const char *const counters[COUNTERS] = {"drop_total", "tx_ring_full"};

static bool
find_counters(const struct port *port, uint16_t queue, uint64_t *ids)
{
	char name[RTE_ETH_XSTATS_NAME_SIZE];

	for (unsigned i = 0; i < COUNTERS; i++) {
		snprintf(name, sizeof(name), "tx_q%u_%s", queue, counters[i]);
		if (rte_eth_xstats_get_id_by_name(port->id, name, &ids[i]) < 0)
			return false;
	}
	return true;
}

/*
 * What the driver has counted, less what it refused, is what it took and freed. Whoever sends may
 * be between the driver's counting and ours: then it has refused once more often than is counted
 * here, and another look is taken. The driver's number of refusals is read behind the one of
 * packets, so these are no newer.
 */
static uint64_t
freed_by(const struct port *port, uint16_t queue)
{
	struct port_refusals *refusals = &port->refusals[queue];
	uint64_t ids[COUNTERS], values[COUNTERS];
	bool told = find_counters(port, queue, ids);

	for (unsigned looks = 0; told && looks < LOOKS; looks++) {
		uint64_t times = atomic_load_explicit(&refusals->times, memory_order_acquire);
		uint64_t packets = atomic_load_explicit(&refusals->packets, memory_order_relaxed);

		if (rte_eth_xstats_get_by_id(port->id, ids, values, COUNTERS) != COUNTERS)
			break;
		if (values[REFUSALS] != times)
			continue;
		refusals->freed = values[UNSENT] - packets;
		break;
	}
	return refusals->freed;
}

static uint64_t
freed_unsent(const struct port *port)
{
	uint64_t freed = 0;

	for (uint16_t queue = 0; port->refusals && queue < port->tx_queues; queue++)
		freed += freed_by(port, queue);
	return freed;
}

int
port_losses_begin(struct port *port)
{
	uint64_t ids[COUNTERS];

	port->unsent = interface_unsent(port);
	if (!find_counters(port, 0, ids))
		return 0;
	port->refusals = rte_zmalloc("refusals", port->tx_queues * sizeof(*port->refusals), 0);
	return port->refusals ? 0 : log_fail(ENOMEM, "port %s", port->config->name);
}

struct port_losses
port_losses_now(const struct port *port)
{
	struct port_losses losses = port->past;
	struct rte_eth_stats stats;
	uint64_t unsent;

	if (!port->started || rte_eth_stats_get(port->id, &stats) < 0)
		return losses;
	unsent = interface_unsent(port);
	losses.missed += stats.imissed;
	losses.no_mbuf += stats.rx_nombuf;
	losses.rx_errors += stats.ierrors;
	/* An interface that was taken away and came back counts anew. */
	losses.tx_errors += stats.oerrors + (unsent > port->unsent ? unsent - port->unsent : 0) +
			    invalid_descriptors(port) + freed_unsent(port);
	return losses;
}

struct port_losses
port_losses(const struct port *port)
{
	return port_service(port) == PORT_IN_SERVICE ? port_losses_now(port) : port->past;
}
