/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/view.h"

#include <immintrin.h>
#include <rte_mbuf.h>
#include <string.h>

#include "core/banned.h"

/* CRC32C of one endpoint; any address of up to 16 bytes and a port. */
static inline uint32_t
hash_address(const uint8_t *address, unsigned length, uint16_t port)
{
	uint64_t words[2] = {0, 0};
	uint32_t hash;

	memcpy(words, address, length);
	hash = _mm_crc32_u64(port, words[0]);
	return length > 8 ? _mm_crc32_u64(hash, words[1]) : hash;
}

/* Sum and exclusive or are the same for either order of the endpoints; the multiplication by 2^32 /
 * golden ratio spreads what they leave in the low bits over all. */
static inline uint32_t
join(uint32_t src, uint32_t dst)
{
	return _mm_crc32_u32(src ^ dst, src + dst) * 0x9e3779b1u;
}

uint32_t
packet_macs_hash(const uint8_t macs[12])
{
	return join(hash_address(macs + 6, 6, 0), hash_address(macs, 6, 0));
}

uint32_t
packet_flow_hash(const struct rte_mbuf *packet, const struct packet_view *view)
{
	uint16_t src_port = view->fragment ? 0 : view->src_port;
	uint16_t dst_port = view->fragment ? 0 : view->dst_port;
	uint32_t src, dst;

	switch ((enum packet_kind)view->kind) {
	case PACKET_IPV4:
	case PACKET_IPV4_PORTS:
		src = hash_address((const uint8_t *)&view->src4, 4, src_port);
		dst = hash_address((const uint8_t *)&view->dst4, 4, dst_port);
		break;
	case PACKET_IPV6_BARE:
	case PACKET_IPV6:
	case PACKET_IPV6_PORTS:
		src = hash_address(view->src6, 16, src_port);
		dst = hash_address(view->dst6, 16, dst_port);
		break;
	default:
		if (packet->data_len < 12)
			return 0;
		return packet_macs_hash(rte_pktmbuf_mtod(packet, const uint8_t *));
	}
	return join(src, dst);
}
