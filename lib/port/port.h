/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Port: one Ethernet device with its queues, in DPDK's hands. Offline, a capture port reads its input
 * through the same device and writes its output through a capture_writer, which keeps packets' times.
 */
#ifndef PORT_PORT_H
#define PORT_PORT_H

#include <rte_ethdev.h>
#include <rte_spinlock.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "port/fault.h"
#include "port/writer.h"

struct driver;
struct port_pool;

struct port {
	/* Read by workers for each burst. */
	uint16_t
		id; /* ethdev; RTE_MAX_ETHPORTS when there is no device (offline, nothing to read) */
	uint16_t rx_queues, tx_queues;
	bool can_receive; /* false: there is nothing to poll (a capture port without input) */
	bool chains;      /* sends packets of several segments; to others only single ones may go */
	struct capture_writer *writer; /* offline: where packets go, on every port; else NULL */
	rte_spinlock_t *tx_locks; /* one a TX queue when there are fewer than workers, else NULL */

	/* Control thread. */
	uint16_t index; /* in the config */
	const struct config_port *config;
	char device[RTE_ETH_NAME_MAX_LEN];
	char driver[32];
	int numa; /* -1: none */
	uint16_t rx_ring, tx_ring, mtu;
	uint8_t mac[6];
	bool promiscuous; /* as the driver has it */
	bool started;
	uint64_t truncated;     /* records of the input capture that its snap length cut */
	uint64_t records;       /* packets in the input capture; 0 without one */
	uint64_t iommu_faults;  /* accesses of its device that the IOMMU blocked, see iommu_log.h */
	uint64_t iommu_told_ns; /* when they were last logged */
	_Atomic bool up;        /* link; port_poll_link keeps it */
	_Atomic uint32_t speed; /* Mbit/s; 0 unknown */

	/* The port room's own. */
	const struct driver *quirks;
	struct port_pool *pool; /* what its queues receive into */
	bool opened;            /* id is a device of ours */
	bool restore;           /* the interface below was not promiscuous before */
	bool vdev;              /* made by us, to be removed again */
	int capture_fds[2]; /* input and output kept open under a name that DPDK can spell; or -1 */
};

/* Takes up to count packets from a queue. Worker thread that owns the queue. */
static inline uint16_t
port_receive(const struct port *port, uint16_t queue, struct rte_mbuf **packets, uint16_t count)
{
	uint16_t received;

	fault_before_receive(port);
	received = rte_eth_rx_burst(port->id, queue, packets, count);
	fault_after_receive(port, packets, received);
	return received;
}

/* Hands packets to the port and returns how many it took; the rest are still the caller's. A device
 * may take fewer in one call than it has room for, so this asks again while there is progress.
 * Worker thread; worker is its index, which picks the TX queue. */
static inline uint16_t
port_send(struct port *port, uint16_t worker, struct rte_mbuf **packets, uint16_t count)
{
	uint16_t queue = worker;
	uint16_t sent;

	if (port->writer)
		return capture_writer_send(port->writer, packets, count);
	if (port->tx_locks) {
		queue = worker % port->tx_queues;
		rte_spinlock_lock(&port->tx_locks[queue]);
	}
	sent = rte_eth_tx_burst(port->id, queue, packets, count);
	while (sent < count && sent > 0) {
		uint16_t more = rte_eth_tx_burst(port->id, queue, packets + sent, count - sent);

		if (more == 0)
			break;
		sent += more;
	}
	if (port->tx_locks)
		rte_spinlock_unlock(&port->tx_locks[queue]);
	return sent;
}

/* Reads the link state of the device into up and speed; logs a change. Control thread. */
void port_poll_link(struct port *port);

#endif
