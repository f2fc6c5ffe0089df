/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/keys.h"

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "packet/common.h"

#include "core/banned.h"

/* Another packet than the common ones has to be parsed. */
static __rte_noinline bool
key_of_any(struct burst *burst, unsigned index, uint64_t key[2])
{
	struct packet_view *view = &burst->views[index];
	unsigned kind = packet_parse(&burst->packets[index], 1, burst->in_port, view);

	cache_narrow_key(view, cache_port_bits(burst->in_port), key);
	return !(kind & PACKET_WIDE);
}

/* rest: the key of a view that has neither addresses nor ports nor protocol. */
static inline void
key_of_common(const uint8_t *frame, const uint64_t rest[2], uint64_t key[2])
{
#ifdef __SSSE3__
	/* From these 16 bytes of the frame: addresses and ports, no vlan, the protocol, no kind. */
	const int from = COMMON_LENGTH - 16, zero = -1;
	const __m128i order = _mm_setr_epi8(COMMON_FLOW - from, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
					    15, zero, zero, COMMON_PROTOCOL - from, zero);
	__m128i bytes = _mm_loadu_si128((const __m128i *)(frame + from));

	_mm_storeu_si128((__m128i *)key, _mm_xor_si128(_mm_shuffle_epi8(bytes, order),
						       _mm_loadu_si128((const __m128i *)rest)));
#else
	struct packet_view view = {.protocol = frame[COMMON_PROTOCOL]};
	uint64_t flow[2];

	memcpy(&view, frame + COMMON_FLOW, 12);
	cache_narrow_key(&view, 0, flow);
	key[0] = flow[0] ^ rest[0];
	key[1] = flow[1] ^ rest[1];
#endif
}

bool
keys_of_burst(struct keys *keys, struct burst *burst, struct cache_narrow *cache, uint32_t mask)
{
	struct rte_mbuf *const *packets = burst->packets;
	const uint8_t *frames[BURST_MAX];
	unsigned count = burst->count;
	struct packet_view view = packet_common_view(burst->in_port);
	uint64_t rest[2];

	cache_narrow_key(&view, cache_port_bits(burst->in_port), rest);
	for (unsigned i = 0; i < count; i++) {
		frames[i] = rte_pktmbuf_mtod(packets[i], const uint8_t *);
		rte_prefetch0(frames[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		if (likely(packet_is_common(frames[i], packets[i]->data_len)))
			key_of_common(frames[i], rest, keys->keys[i]);
		else if (!key_of_any(burst, i, keys->keys[i]))
			return false;
		keys_place(keys, i, cache, mask);
	}
	return true;
}
