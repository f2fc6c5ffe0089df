/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lane: packets of one burst that leave on one port, waiting to be handed over together. Empty between
 * bursts. One worker's own.
 */
#ifndef FORWARD_LANE_H
#define FORWARD_LANE_H

#include <rte_mbuf.h>
#include <stdint.h>

#include "port/port.h"
#include "stage/burst.h"

struct lane {
	uint16_t count;
	struct rte_mbuf *packets[BURST_MAX];
};

/* Sends packets of this burst on a port, counts them, and drops under a name what it doesn't take.
 * bytes is their sum. */
void lane_send(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	       uint64_t bytes);

/* Sends what the lane holds. */
void lane_flush(struct lane *lane, struct port *port, struct burst *burst);

/* Frees packets and counts them as dropped in the ledger of the port that received the burst. */
void lane_drop(struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	       enum drop_reason reason);

/* Why a port whose bit in burst->up is clear takes nothing. */
static inline enum drop_reason
lane_absence(const struct port *port)
{
	return port_service(port) == PORT_REMOVED ? DROP_REMOVED : DROP_PORT_DOWN;
}

#endif
