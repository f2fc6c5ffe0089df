/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/port.h"

#include "core/banned.h"

struct port_losses
port_losses(const struct port *port)
{
	struct port_losses losses = port->past;
	struct rte_eth_stats stats;

	if (!port->started || rte_eth_stats_get(port->id, &stats) < 0)
		return losses;
	losses.missed += stats.imissed;
	losses.no_mbuf += stats.rx_nombuf;
	losses.rx_errors += stats.ierrors;
	losses.tx_errors += stats.oerrors;
	return losses;
}
