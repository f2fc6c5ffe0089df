/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/output.h"
#include "port/port.h"

#include "core/banned.h"

uint16_t
port_send_more(struct port *port, uint16_t queue, struct rte_mbuf **packets, uint16_t count)
{
	uint16_t sent = 0, taken;

	do {
		taken = rte_eth_tx_burst(port->id, queue, packets + sent, count - sent);
		sent += taken;
	} while (sent < count && taken > 0);
	return sent;
}

uint16_t
port_send_apart(struct port *port, uint16_t worker, struct rte_mbuf **packets, uint16_t count)
{
	uint16_t queue, sent;

	if (port->writes)
		return port->output ? output_send(port->output, packets, count)
				    : capture_writer_send(port->writer, packets, count);
	queue = worker % port->tx_queues;
	rte_spinlock_lock(&port->tx_locks[queue]);
	sent = port_send_more(port, queue, packets, count);
	rte_spinlock_unlock(&port->tx_locks[queue]);
	return sent;
}
