/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/lane.h"

#include "core/banned.h"

void
lane_drop(struct burst *burst, struct rte_mbuf **packets, uint16_t count, enum drop_reason reason)
{
	rte_pktmbuf_free_bulk(packets, count);
	burst->tally->ports[burst->in_port].drops[reason] += count;
}

/* Drops the packets of several segments; returns how many are left, in order, at the front. */
static uint16_t
drop_chains(struct burst *burst, struct rte_mbuf **packets, uint16_t count, uint64_t *bytes)
{
	struct rte_mbuf *chains[BURST_MAX];
	uint16_t kept = 0, dropped = 0;

	for (uint16_t i = 0; i < count; i++) {
		if (packets[i]->nb_segs == 1) {
			packets[kept++] = packets[i];
			continue;
		}
		*bytes -= packets[i]->pkt_len;
		chains[dropped++] = packets[i];
	}
	lane_drop(burst, chains, dropped, DROP_SEGMENTS);
	return kept;
}

void
lane_send(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	  uint64_t bytes)
{
	struct tally_port *out = &burst->tally->ports[port->index];
	uint16_t sent;

	if (unlikely(!(burst->up >> port->index & 1))) {
		lane_drop(burst, packets, count, lane_absence(port));
		return;
	}
	if (unlikely(!port->chains))
		count = drop_chains(burst, packets, count, &bytes);
	sent = port_send(port, burst->worker, packets, count);
	if (unlikely(sent < count)) {
		for (uint16_t i = sent; i < count; i++)
			bytes -= packets[i]->pkt_len;
		lane_drop(burst, packets + sent, count - sent, DROP_TX_FULL);
	}
	out->tx_packets += sent;
	out->tx_bytes += bytes;
	burst->tally->ports[burst->in_port].out += sent;
}

void
lane_flush(struct lane *lane, struct port *port, struct burst *burst)
{
	uint64_t bytes = 0;

	/* Before the hand-over: afterwards the packets are the device's. */
	for (uint16_t i = 0; i < lane->count; i++)
		bytes += lane->packets[i]->pkt_len;
	lane_send(port, burst, lane->packets, lane->count, bytes);
	lane->count = 0;
}
