/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Way: how digests are made on this machine. digest_way.c is compiled once for each.
 */
#ifndef PACKET_DIGEST_WAY_H
#define PACKET_DIGEST_WAY_H

#include "packet/digest.h"

struct packet_digest_way {
	/* See packet_digests and packet_digest. */
	uint32_t (*some)(struct rte_mbuf *const *packets, uint32_t wanted,
			 const struct packet_digest_mask *mask, struct packet_digest *digests);
	void (*one)(const struct rte_mbuf *packet, const struct packet_view *view,
		    const struct packet_digest_mask *mask, struct packet_digest *digest);
};

/* Of these the latter is only there where the compiler knows AES. */
extern const struct packet_digest_way packet_digest_by_products, packet_digest_by_aes;

/* NULL where the machine has no instructions for AES. */
const struct packet_digest_way *packet_digest_aes(void);

#endif
