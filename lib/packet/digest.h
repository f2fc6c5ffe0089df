/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Digest: a number that tells packets apart, but for what may differ in them. Covered are the
 * Ethernet addresses, the tags, and what stands behind them: of IP from the network header to the
 * end that its length gives, so that padding is not; without IP all from the ether-type on; of a
 * frame that ends before an ether-type the whole frame. A length that denies the header itself
 * gives no end, nor does IPv6's of 0.
 */
#ifndef PACKET_DIGEST_H
#define PACKET_DIGEST_H

#include <stdint.h>

#include "packet/view.h"

/* What is not covered. */
enum packet_digest_without {
	PACKET_DIGEST_MAC = 1 << 0,
	PACKET_DIGEST_VLAN = 1 << 1,
	PACKET_DIGEST_TTL = 1 << 2,
	PACKET_DIGEST_DSCP = 1 << 3, /* ECN is */
	/* IPv4's, TCP's, UDP's, ICMP's and SCTP's, of the outermost headers. */
	PACKET_DIGEST_CHECKSUMS = 1 << 4,
};

struct packet_digest {
	uint64_t low, high; /* each as good as the other */
};

struct rte_mbuf;
struct packet_digest_way;

/* Which bits count, of blocks of 16 bytes; made once for all packets. */
struct packet_digest_mask {
	uint64_t link[2];          /* of the frame's first */
	uint64_t ipv4[2], ipv6[2]; /* of the network header's first */
	/* Of the next two, of IPv4 without options: in front of UDP, and of TCP. */
	uint64_t second[2][2], third[2][2];
	const struct packet_digest_way *way; /* how they are made here */
	unsigned without;
};

void packet_digest_mask(unsigned without, struct packet_digest_mask *mask);

/* Those of packets, as bits, that need no parsing, as it is with most: digests[i] is that of
 * packets[i]. Returns the others. */
uint32_t packet_digests(struct rte_mbuf *const *packets, uint32_t wanted,
			const struct packet_digest_mask *mask, struct packet_digest *digests);

/* That of any packet, the same. view: as packet_parse left it. Pure; copies some headers to the
 * stack. */
void packet_digest(const struct rte_mbuf *packet, const struct packet_view *view,
		   const struct packet_digest_mask *mask, struct packet_digest *digest);

#endif
