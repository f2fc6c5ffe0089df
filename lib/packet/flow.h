/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow: what the hashes of view.h are made of, for those who have no view.
 */
#ifndef PACKET_FLOW_H
#define PACKET_FLOW_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "packet/common.h"

/* CRC32C of one endpoint; any address of up to 16 bytes and a port. */
static inline uint32_t
flow_hash_address(const uint8_t *address, unsigned length, uint16_t port)
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
flow_join(uint32_t src, uint32_t dst)
{
	return _mm_crc32_u32(src ^ dst, src + dst) * 0x9e3779b1u;
}

/* packet_flow_hash of a frame with the common headers. */
static inline uint32_t
packet_flow_hash_common(const uint8_t *frame)
{
	uint32_t addresses[2];
	uint16_t ports[2];

	memcpy(addresses, frame + COMMON_FLOW, sizeof(addresses));
	memcpy(ports, frame + COMMON_L4, sizeof(ports));
	return flow_join(flow_hash_address((const uint8_t *)&addresses[0], 4, ports[0]),
			 flow_hash_address((const uint8_t *)&addresses[1], 4, ports[1]));
}

#endif
