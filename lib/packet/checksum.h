/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksum: whether a packet's checksums are what the NIC said of them. It only reads.
 */
#ifndef PACKET_CHECKSUM_H
#define PACKET_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

enum checksum_verdict {
	CHECKSUM_UNSAID, /* the NIC called nothing good that can be checked */
	CHECKSUM_RIGHT,
	CHECKSUM_WRONG, /* the NIC called good what is not */
};

/* Adds up what the mbuf's flags call good: the header of IPv4, and TCP or UDP over IPv4 and IPv6,
 * behind up to two VLAN tags, in one segment or several. Not judged: fragments; tunnels, of which a
 * NIC may mean the inner packet; UDP without a checksum; what is not whole in the frame. Worker, or
 * any thread that owns the packet. */
enum checksum_verdict checksum_verify(const struct rte_mbuf *packet);

/* The ones' complement sum of length bytes from offset on, which may lie in several segments, as
 * words in memory (RFC 1071); false when the packet ends before. */
bool checksum_add_up(const struct rte_mbuf *packet, uint32_t offset, uint32_t length,
		     uint16_t *sum);

#endif
