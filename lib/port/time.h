/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet's time: offline, every mbuf carries the nanosecond since the epoch at which it came in
 * (later: at which it is due), in DPDK's dynamic timestamp field; and beside it the length that it
 * had on the wire, which a capture's snap length may have cut.
 */
#ifndef PORT_TIME_H
#define PORT_TIME_H

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <stdint.h>

extern int packet_time_offset; /* -1 until packet_time_register, and so on a live daemon */
extern int packet_wire_length_offset;

/* Reserves both fields; negative errno when no room is left in the mbuf. Control thread. */
int packet_time_register(void);

static inline void
packet_time_set(struct rte_mbuf *packet, uint64_t ns)
{
	*RTE_MBUF_DYNFIELD(packet, packet_time_offset, rte_mbuf_timestamp_t *) = ns;
}

static inline uint64_t
packet_time(const struct rte_mbuf *packet)
{
	return *RTE_MBUF_DYNFIELD(packet, packet_time_offset, const rte_mbuf_timestamp_t *);
}

static inline void
packet_wire_length_set(struct rte_mbuf *packet, uint32_t length)
{
	*RTE_MBUF_DYNFIELD(packet, packet_wire_length_offset, uint32_t *) = length;
}

static inline uint32_t
packet_wire_length(const struct rte_mbuf *packet)
{
	return *RTE_MBUF_DYNFIELD(packet, packet_wire_length_offset, const uint32_t *);
}

#endif
