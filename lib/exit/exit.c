/* SPDX-License-Identifier: BSD-3-Clause */
#include "exit/exit.h"

#include <rte_branch_prediction.h>

#include "core/banned.h"

void
exit_drop(struct burst *burst, struct rte_mbuf **packets, uint16_t count, enum drop_reason reason)
{
	rte_pktmbuf_free_bulk(packets, count);
	burst->tally->ports[burst->in_port].drops[reason] += count;
}

/* Why a port whose bit in burst->up is clear takes nothing. */
static enum drop_reason
absence(const struct port *port)
{
	return port_service(port) == PORT_REMOVED ? DROP_REMOVED : DROP_PORT_DOWN;
}

/* Drops the packets of several segments. */
static uint32_t
drop_chains(struct burst *burst, struct rte_mbuf **packets, uint16_t count, uint64_t *bytes)
{
	struct rte_mbuf *chains[BURST_MAX];
	uint16_t kept = 0, dropped = 0;
	uint32_t mask = 0;

	for (uint16_t i = 0; i < count; i++) {
		if (packets[i]->nb_segs == 1) {
			packets[kept++] = packets[i];
			continue;
		}
		mask |= UINT32_C(1) << i;
		*bytes -= packets[i]->pkt_len;
		chains[dropped++] = packets[i];
	}
	exit_drop(burst, chains, dropped, DROP_SEGMENTS);
	return mask;
}

uint32_t
exit_sift(const struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	  uint64_t *bytes)
{
	if (unlikely(!(burst->up >> port->index & 1))) {
		exit_drop(burst, packets, count, absence(port));
		*bytes = 0;
		return UINT32_MAX >> (BURST_MAX - count);
	}
	if (unlikely(!port->chains))
		return drop_chains(burst, packets, count, bytes);
	return 0;
}

uint16_t
exit_offer(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	   uint64_t *bytes)
{
	struct tally_port *out = &burst->tally->ports[port->index];
	uint16_t sent = port_send(port, burst->worker, packets, count);

	for (uint16_t i = sent; i < count; i++)
		*bytes -= packets[i]->pkt_len;
	out->tx_packets += sent;
	out->tx_bytes += *bytes;
	burst->tally->ports[burst->in_port].out += sent;
	return sent;
}

void
exit_send(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	  uint64_t bytes)
{
	uint16_t sent;

	count -= __builtin_popcount(exit_sift(port, burst, packets, count, &bytes));
	if (unlikely(count == 0))
		return;
	sent = exit_offer(port, burst, packets, count, &bytes);
	if (unlikely(sent < count))
		exit_drop(burst, packets + sent, count - sent, DROP_TX_FULL);
}
