/* SPDX-License-Identifier: BSD-3-Clause */
#include "exit/exit.h"

#include <rte_branch_prediction.h>
#include <rte_ether.h>

#include "core/banned.h"

void
exit_drop(struct burst *burst, struct rte_mbuf **packets, uint16_t count, enum drop_reason reason)
{
	rte_pktmbuf_free_bulk(packets, count);
	tally_count(&burst->tally->ports[burst->in_port].drops[reason], count);
}

/* Why a port whose bit in burst->up is clear takes nothing. */
static enum drop_reason
absence(const struct port *port)
{
	return port_service(port) == PORT_REMOVED ? DROP_REMOVED : DROP_PORT_DOWN;
}

/* Whether the port can't send some of them: a few instructions a packet, without a branch. */
static bool
any_unfit(const struct frame_limits *limits, struct rte_mbuf *const *packets, uint16_t count)
{
	uint32_t min = limits->min;
	uint32_t max = atomic_load_explicit(&limits->untagged, memory_order_relaxed);
	uint32_t unfit = 0; /* the sign of a difference */

	for (uint16_t i = 0; i < count; i++)
		unfit |= (packets[i]->pkt_len - min) | (max - packets[i]->pkt_len) |
			 (1u - packets[i]->nb_segs);
	return unfit >> 31;
}

/* Whether a tag of 802.1Q stands first. Frames of captures lie at any address. */
static bool
is_tagged(const struct rte_mbuf *packet)
{
	const uint8_t *type =
		rte_pktmbuf_mtod_offset(packet, const uint8_t *, 2 * RTE_ETHER_ADDR_LEN);

	return packet->data_len >= RTE_ETHER_HDR_LEN &&
	       (type[0] << 8 | type[1]) == RTE_ETHER_TYPE_VLAN;
}

/* Why the port can't send it; DROP_REASONS when it can. */
static enum drop_reason
judge(const struct frame_limits *limits, const struct rte_mbuf *packet)
{
	uint32_t length = packet->pkt_len;

	if (length < limits->min)
		return DROP_TOO_SHORT;
	if (length > atomic_load_explicit(&limits->max, memory_order_relaxed) ||
	    (length > atomic_load_explicit(&limits->untagged, memory_order_relaxed) &&
	     !is_tagged(packet)))
		return DROP_TOO_LONG;
	if (packet->nb_segs == 1)
		return DROP_REASONS;
	if (limits->chained == 0 || packet->nb_segs > limits->segments)
		return DROP_SEGMENTS;
	return length > limits->chained ? DROP_TOO_LONG : DROP_REASONS;
}

static uint32_t
drop_unfit(const struct frame_limits *limits, struct burst *burst, struct rte_mbuf **packets,
	   uint16_t count, uint64_t *bytes)
{
	uint16_t kept = 0;
	uint32_t mask = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *packet = packets[i];
		enum drop_reason reason = judge(limits, packet);

		if (reason == DROP_REASONS) {
			packets[kept++] = packet;
			continue;
		}
		mask |= UINT32_C(1) << i;
		*bytes -= packet->pkt_len;
		exit_drop(burst, &packet, 1, reason);
	}
	return mask;
}

static inline uint32_t
sift(const struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
     uint64_t *bytes)
{
	if (unlikely(!(burst->up >> port->index & 1))) {
		exit_drop(burst, packets, count, absence(port));
		*bytes = 0;
		return UINT32_MAX >> (BURST_MAX - count);
	}
	if (likely(frame_limits_hold(&port->sends, burst->bounds)))
		return 0;
	if (likely(!any_unfit(&port->sends, packets, count)))
		return 0;
	return drop_unfit(&port->sends, burst, packets, count, bytes);
}

static inline uint16_t
offer(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
      uint64_t *bytes)
{
	struct tally_port *ports = burst->tally->ports;
	uint16_t sent = port_send(port, burst->worker, packets, count);

	for (uint16_t i = sent; unlikely(i < count); i++)
		*bytes -= packets[i]->pkt_len;
	ports[port->index].tx_packets += sent;
	ports[port->index].tx_bytes += *bytes;
	ports[burst->in_port].out += sent;
	return sent;
}

uint32_t
exit_sift(const struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	  uint64_t *bytes)
{
	return sift(port, burst, packets, count, bytes);
}

uint16_t
exit_offer(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	   uint64_t *bytes)
{
	return offer(port, burst, packets, count, bytes);
}

void
exit_send(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	  uint64_t bytes)
{
	uint32_t unfit = sift(port, burst, packets, count, &bytes);
	uint16_t sent;

	if (unlikely(unfit)) {
		count -= __builtin_popcount(unfit);
		if (count == 0)
			return;
	}
	sent = offer(port, burst, packets, count, &bytes);
	if (unlikely(sent < count))
		exit_drop(burst, packets + sent, count - sent, DROP_TX_FULL);
}
