/* SPDX-License-Identifier: BSD-3-Clause */
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sys/socket.h>

#include "core/root.h"
#include "port/frames.h"
#include "port/port.h"

#include "core/banned.h"

/* What the interface below a port counts as not sent: there the kernel says what it did with packets that it had taken.
 * Those of others who send on it are among them. */
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

void
port_losses_begin(struct port *port)
{
	port->unsent = interface_unsent(port);
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
			    invalid_descriptors(port);
	return losses;
}

struct port_losses
port_losses(const struct port *port)
{
	return port_service(port) == PORT_IN_SERVICE ? port_losses_now(port) : port->past;
}
