/* SPDX-License-Identifier: BSD-3-Clause */
#include "exit/exit.h"

#include <immintrin.h>
#include <rte_branch_prediction.h>
#include <rte_ether.h>

#include "stage/sight.h"

#include "core/banned.h"

void
exit_drop(struct burst *burst, struct rte_mbuf **packets, uint16_t count, enum drop_reason reason)
{
	if (unlikely(burst->sight != NULL))
		burst->sight->dropped(burst->sight, packets, count, reason);
	rte_pktmbuf_free_bulk(packets, count);
	tally_count(&burst->in->drops[reason], count);
}

void
exit_end(struct burst *burst, struct config_target target, struct rte_mbuf **packets,
	 uint16_t count)
{
	if (unlikely(burst->sight != NULL))
		burst->sight->taken(burst->sight, target, packets, count);
	rte_pktmbuf_free_bulk(packets, count);
	burst->in->out += count;
	burst->in->taken += count;
}

void
exit_hold(struct burst *burst, struct config_target target, struct rte_mbuf *const *packets,
	  uint16_t count)
{
	if (unlikely(burst->sight != NULL))
		burst->sight->taken(burst->sight, target, packets, count);
	tally_count(&burst->in->held, count);
}

/* Why a port whose bit in burst->up is clear takes nothing. */
static enum drop_reason
absence(const struct port *port)
{
	return port_service(port) == PORT_REMOVED ? DROP_REMOVED : DROP_PORT_DOWN;
}

/* What packets have in common: a few instructions each, without a branch, as vectors have minima,
 * of which the lowest word is used here. count is at least 1. */
static struct frame_bounds
measure(struct rte_mbuf *const *packets, uint16_t count)
{
	__m128i min = _mm_set1_epi32(-1), max = _mm_setzero_si128();
	uint32_t segments = 0; /* or-ed */

	for (uint16_t i = 0; i < count; i++) {
		__m128i length = _mm_cvtsi32_si128((int)packets[i]->pkt_len);

		min = _mm_min_epu32(min, length);
		max = _mm_max_epu32(max, length);
		segments |= packets[i]->nb_segs;
	}
	return (struct frame_bounds){.min = _mm_cvtsi128_si32(min),
				     .max = _mm_cvtsi128_si32(max),
				     .chains = segments != 1};
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

uint32_t
exit_sift(const struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	  uint64_t *bytes)
{
	struct frame_bounds bounds;

	if (unlikely(!(burst->up >> port->index & 1))) {
		exit_drop(burst, packets, count, absence(port));
		*bytes = 0;
		return UINT32_MAX >> (BURST_MAX - count);
	}
	if (likely(frame_limits_hold(&port->sends, burst->bounds)))
		return 0;
	bounds = measure(packets, count);
	if (likely(frame_limits_hold(&port->sends, &bounds)))
		return 0;
	return drop_unfit(&port->sends, burst, packets, count, bytes);
}

static inline void
count_sent(const struct port *port, struct burst *burst, uint16_t sent, uint64_t bytes)
{
	struct tally_port *out = &burst->tally->ports[port->index];

	out->tx_packets += sent;
	out->tx_bytes += bytes;
	burst->in->out += sent;
}

static uint64_t
bytes_of(struct rte_mbuf *const *packets, uint16_t count)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < count; i++)
		bytes += packets[i]->pkt_len;
	return bytes;
}

uint16_t
exit_offer(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	   uint64_t *bytes)
{
	struct sight *sight = burst->sight;
	uint16_t sent;

	if (unlikely(sight != NULL))
		sight->leaving(sight, burst, port->index, packets, count);
	sent = port_send(port, burst->worker, packets, count);
	if (unlikely(sight != NULL))
		sight->left(sight, port->index, sent);
	*bytes -= bytes_of(packets + sent, count - sent);
	count_sent(port, burst, sent, *bytes);
	return sent;
}

static __rte_noinline void
send_sifted(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	    uint64_t bytes)
{
	uint16_t sent;

	count -= __builtin_popcount(exit_sift(port, burst, packets, count, &bytes));
	if (count == 0)
		return;
	sent = exit_offer(port, burst, packets, count, &bytes);
	if (unlikely(sent < count))
		exit_drop(burst, packets + sent, count - sent, DROP_TX_FULL);
}

static __rte_noinline void
count_part(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	   uint16_t sent, uint64_t bytes)
{
	count_sent(port, burst, sent, bytes - bytes_of(packets + sent, count - sent));
	exit_drop(burst, packets + sent, count - sent, DROP_TX_FULL);
}

/* What most bursts need is here, and the rest in functions of its own, so that this one saves few
 * registers. */
void
exit_send(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	  uint64_t bytes)
{
	uint16_t sent;

	if (unlikely(!(burst->up >> port->index & 1) ||
		     !frame_limits_hold(&port->sends, burst->bounds) || burst->sight != NULL)) {
		send_sifted(port, burst, packets, count, bytes);
		return;
	}
	sent = port_send(port, burst->worker, packets, count);
	if (likely(sent == count))
		count_sent(port, burst, sent, bytes);
	else
		count_part(port, burst, packets, count, sent, bytes);
}
