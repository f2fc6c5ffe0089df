/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/output.h"
#include "port/port.h"

#include "core/banned.h"

static inline void
count_refused(struct port *port, uint16_t queue, uint16_t packets)
{
	struct port_refusals *refusals = &port->refusals[queue];
	uint64_t refused = atomic_load_explicit(&refusals->packets, memory_order_relaxed);
	uint64_t times = atomic_load_explicit(&refusals->times, memory_order_relaxed);

	atomic_store_explicit(&refusals->packets, refused + packets, memory_order_relaxed);
	atomic_store_explicit(&refusals->times, times + 1, memory_order_release);
}

uint16_t
port_send_more(struct port *port, uint16_t queue, struct rte_mbuf **packets, uint16_t count,
	       uint16_t sent)
{
	uint16_t taken = sent;

	while (sent < count) {
		if (port->refusals)
			count_refused(port, queue, count - sent);
		if (taken == 0)
			break;
		taken = rte_eth_tx_burst(port->id, queue, packets + sent, count - sent);
		sent += taken;
	}
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
	sent = rte_eth_tx_burst(port->id, queue, packets, count);
	sent = port_send_more(port, queue, packets, count, sent);
	rte_spinlock_unlock(&port->tx_locks[queue]);
	return sent;
}
