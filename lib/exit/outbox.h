/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Outbox: the packets of one burst, gathered by where they go, so that each port is given its own
 * at once. Empty between bursts. One worker's own.
 */
#ifndef EXIT_OUTBOX_H
#define EXIT_OUTBOX_H

#include <rte_branch_prediction.h>

#include "exit/exit.h"

struct parcel {
	uint16_t count;
	struct rte_mbuf *packets[BURST_MAX];
};

struct outbox {
	uint64_t touched; /* bit i: ports[i] holds packets */
	uint64_t dropped; /* bit i: drops[i] does */
	struct parcel ports[CONFIG_PORTS_MAX];
	struct parcel drops[DROP_REASONS];
};

_Static_assert(CONFIG_PORTS_MAX <= 64 && DROP_REASONS <= 64, "a bit each");

/* Sends what one parcel holds, on its port. */
void outbox_send(struct outbox *outbox, struct port *port, struct burst *burst);

/* Frees what the parcel of one reason holds. */
void outbox_free(struct outbox *outbox, struct burst *burst, enum drop_reason reason);

/* Sends and frees all that is in it; ports are by slot. */
void outbox_empty(struct outbox *outbox, struct port *const *ports, struct burst *burst);

static inline void
outbox_put(struct outbox *outbox, struct port *const *ports, struct burst *burst, unsigned port,
	   struct rte_mbuf *packet)
{
	struct parcel *parcel = &outbox->ports[port];

	if (unlikely(parcel->count == BURST_MAX))
		outbox_send(outbox, ports[port], burst);
	parcel->packets[parcel->count++] = packet;
	outbox->touched |= UINT64_C(1) << port;
}

static inline void
outbox_drop(struct outbox *outbox, struct burst *burst, enum drop_reason reason,
	    struct rte_mbuf *packet)
{
	struct parcel *parcel = &outbox->drops[reason];

	if (unlikely(parcel->count == BURST_MAX))
		outbox_free(outbox, burst, reason);
	parcel->packets[parcel->count++] = packet;
	outbox->dropped |= UINT64_C(1) << reason;
}

#endif
