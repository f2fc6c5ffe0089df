/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/drain.h"

#include <rte_ethdev.h>
#include <stddef.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "engine/collect.h"
#include "engine/targets.h"

#include "core/banned.h"

#define STEP_NS 1000000
#define WAIT_NS 1500000000
#define TARGETS_NS UINT64_C(3000000000)
/* In which a card that nothing keeps from sending has sent a ring of the longest frames. */
#define SURE_NS 100000000

void
drain_targets(const struct program *program)
{
	if (!targets_drain(program, now_ns() + TARGETS_NS))
		log_error("what targets held could not be brought to its end in the time to "
			  "drain; it is lost");
}

/* Whether some descriptor of the queue still waits for the device. A driver that can't say has
 * none: the virtual ones hand packets on in the transmit call itself. */
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

/* Whether a device counts as many packets sent as it was given. net_e1000_em asks for the state of
 * some descriptors alone, and looks for it in others, so its rings never look empty. Of a device
 * that came back the sum is too large: not known. */
static bool
all_are_sent(const struct port *port, struct worker *const *workers, unsigned count, unsigned slot)
{
	const size_t offset = offsetof(struct tally, ports[slot].tx_packets);
	struct rte_eth_stats stats;
	uint64_t given = 0;

	for (unsigned i = 0; i < count; i++)
		given += collect_look(workers[i], offset);
	return rte_eth_stats_get(port->id, &stats) == 0 && stats.opackets >= given;
}

void
drain_transmit(const struct ports *ports, struct worker *const *workers, unsigned worker_count,
	       uint64_t slots)
{
	uint64_t begin = now_ns();

	for (unsigned i = 0; i < ports->count; i++) {
		const struct port *port = ports_at(ports, i);

		while ((slots >> i & 1) && port_waits(port)) {
			uint64_t waited = now_ns() - begin;

			if (waited >= SURE_NS && all_are_sent(port, workers, worker_count, i))
				break;
			if (waited >= WAIT_NS) {
				log_warning("port %s: still had packets to send when the time to "
					    "drain was over; they are lost",
					    port->config->name);
				break;
			}
			nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
		}
	}
}
