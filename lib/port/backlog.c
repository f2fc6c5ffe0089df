/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/port.h"

#include "core/banned.h"

unsigned
port_backlog(const struct port *port, uint16_t queue)
{
	static const unsigned shares[] = {25, 50, 90};
	unsigned told = 0;

	for (unsigned i = 0; i < RTE_DIM(shares); i++) {
		uint16_t place = (uint16_t)(port->rx_ring * shares[i] / 100);

		/* Where a driver keeps entries back until it has many to give, it says so. */
		if (rte_eth_rx_descriptor_status(port->id, queue, place) != RTE_ETH_RX_DESC_DONE)
			break;
		told = shares[i];
	}
	return told;
}
