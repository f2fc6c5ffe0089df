/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/port.h"
#include "port/xsk.h"

#include "core/banned.h"

static const unsigned shares[] = {25, 50, 90};

/* The ring in which the kernel leaves what came, of a port that has but one queue; of several it
 * is not known whose is whose. */
static const struct xsk_ring *
kernels_ring(const struct port *port)
{
	const struct xsk_ring *ring = NULL;
	unsigned sockets = 0;

	for (unsigned i = 0; port->rings && i < port->left.count; i++) {
		if (!port->left.items[i].socket)
			continue;
		sockets++;
		ring = &port->rings[i].rx;
	}
	return sockets == 1 && port->rx_queues == 1 && ring->map ? ring : NULL;
}

void
port_backlog_begin(struct port *port)
{
	port->waiting = kernels_ring(port);
	port->tells_backlog =
		port->can_receive &&
		(port->waiting || rte_eth_rx_descriptor_status(port->id, 0, 0) != -ENOTSUP);
}

static unsigned
waits_with_kernel(const struct xsk_ring *ring)
{
	uint32_t waits = xsk_load(ring->producer) - xsk_load(ring->consumer);
	unsigned told = 0;

	for (unsigned i = 0; i < RTE_DIM(shares); i++) {
		if (waits > (uint64_t)ring->size * shares[i] / 100)
			told = shares[i];
	}
	return told;
}

unsigned
port_backlog(const struct port *port, uint16_t queue)
{
	unsigned told = 0;

	if (port->waiting)
		return waits_with_kernel(port->waiting);
	for (unsigned i = 0; i < RTE_DIM(shares); i++) {
		uint16_t place = (uint16_t)(port->rx_ring * shares[i] / 100);

		/* Where a driver keeps entries back until it has many to give, it says so. */
		if (rte_eth_rx_descriptor_status(port->id, queue, place) != RTE_ETH_RX_DESC_DONE)
			break;
		told = shares[i];
	}
	return told;
}
