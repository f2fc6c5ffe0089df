/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cut: live, a packet that a slice cut on its way to somebody who keeps packets says how long it
 * would be else, as a record in a capture has that length. Packets that nobody cut say nothing:
 * whoever takes an mbuf out of a pool clears its flags. (Offline each packet has its length on the
 * wire, see time.h.)
 */
#ifndef PORT_CUT_H
#define PORT_CUT_H

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <stdint.h>

extern uint64_t packet_cut_flag; /* 0 until packet_cut_register, and so offline */
extern int packet_cut_offset;

/* Reserves flag and field; negative errno when no room is left in the mbuf. Control thread. */
int packet_cut_register(void);

/* Says of a packet that is one's own how long it would be. Registered. Worker. */
static inline void
packet_cut_tell(struct rte_mbuf *packet, uint32_t length)
{
	packet->ol_flags |= packet_cut_flag;
	*RTE_MBUF_DYNFIELD(packet, packet_cut_offset, uint32_t *) = length;
}

/* How long a packet was before it was cut; its length, if it was not. Any thread. */
static inline uint32_t
packet_cut_length(const struct rte_mbuf *packet)
{
	if (packet->ol_flags & packet_cut_flag)
		return *RTE_MBUF_DYNFIELD(packet, packet_cut_offset, const uint32_t *);
	return packet->pkt_len;
}

#endif
