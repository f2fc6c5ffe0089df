/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/drain.h"

#include <rte_ethdev.h>
#include <time.h>

#include "core/log.h"

#include "core/banned.h"

#define STEP_NS 1000000
#define STEPS_MAX 1500 /* of STEP_NS */

/* Whether some descriptor of the queue still waits for the device. A driver that can't say has none:
 * the virtual ones hand packets on in the transmit call itself. */
static bool
queue_waits(const struct port *port, uint16_t queue)
{
	/* The last slot of the ring is the one filled longest ago that could still wait; rings of
	 * drivers that report in steps are why every slot is asked. */
	for (uint16_t slot = 0; slot < port->tx_ring; slot++) {
		int status = rte_eth_tx_descriptor_status(port->id, queue, slot);

		if (status < 0)
			return false;
		if (status == RTE_ETH_TX_DESC_FULL)
			return true;
	}
	return false;
}

static bool
port_waits(const struct port *port)
{
	for (uint16_t queue = 0; port->started && queue < port->tx_queues; queue++) {
		if (queue_waits(port, queue))
			return true;
	}
	return false;
}

void
drain_transmit(const struct ports *ports, uint64_t slots)
{
	unsigned steps = 0;

	for (unsigned i = 0; i < ports->count; i++) {
		const struct port *port = ports_at(ports, i);

		while ((slots >> i & 1) && port_waits(port)) {
			if (steps++ >= STEPS_MAX) {
				log_warning("port %s: still had packets to send when the time to "
					    "drain was "
					    "over; they are lost",
					    port->config->name);
				break;
			}
			nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
		}
	}
}
