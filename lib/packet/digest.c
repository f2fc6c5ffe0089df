/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/digest.h"

#include <rte_byteorder.h>
#include <rte_cpuflags.h>
#include <string.h>

#include "packet/digest_way.h"

#include "core/banned.h"

const struct packet_digest_way *
packet_digest_aes(void)
{
#ifdef DIGEST_HAS_AES
	if (rte_cpu_get_flag_enabled(RTE_CPUFLAG_AES) == 1)
		return &packet_digest_by_aes;
#endif
	return NULL;
}

static void
put(uint64_t mask[2], const uint8_t bytes[16])
{
	memcpy(mask, bytes, 16);
	mask[0] = rte_le_to_cpu_64(mask[0]);
	mask[1] = rte_le_to_cpu_64(mask[1]);
}

void
packet_digest_mask(unsigned without, struct packet_digest_mask *mask)
{
	const struct packet_digest_way *aes = packet_digest_aes();
	uint8_t link[16] = {0}, ipv4[16], ipv6[16], all[16], udp[16], tcp[16];

	memset(ipv4, 0xff, sizeof(ipv4));
	memset(ipv6, 0xff, sizeof(ipv6));
	memset(all, 0xff, sizeof(all));
	memset(udp, 0xff, sizeof(udp));
	memset(tcp, 0xff, sizeof(tcp));
	if (!(without & PACKET_DIGEST_MAC))
		memset(link, 0xff, 12);
	if (without & PACKET_DIGEST_DSCP) {
		ipv4[1] = 0x03;
		ipv6[0] = 0xf0;
		ipv6[1] = 0x3f;
	}
	if (without & PACKET_DIGEST_TTL)
		ipv4[8] = ipv6[7] = 0;
	if (without & PACKET_DIGEST_CHECKSUMS) {
		ipv4[10] = ipv4[11] = 0;
		udp[10] = udp[11] = 0;
		tcp[4] = tcp[5] = 0;
	}
	*mask = (struct packet_digest_mask){.without = without,
					    .way = aes ? aes : &packet_digest_by_products};
	put(mask->link, link);
	put(mask->ipv4, ipv4);
	put(mask->ipv6, ipv6);
	put(mask->second[0], udp);
	put(mask->third[0], all);
	put(mask->second[1], all);
	put(mask->third[1], tcp);
}

uint32_t
packet_digests(struct rte_mbuf *const *packets, uint32_t wanted,
	       const struct packet_digest_mask *mask, struct packet_digest *digests)
{
	return mask->way->some(packets, wanted, mask, digests);
}

void
packet_digest(const struct rte_mbuf *packet, const struct packet_view *view,
	      const struct packet_digest_mask *mask, struct packet_digest *digest)
{
	mask->way->one(packet, view, mask, digest);
}
