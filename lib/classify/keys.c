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

#ifdef __SSSE3__
/* Of the 16 bytes of a frame that begin at its time to live: the addresses and ports first, as in a view, and
 * the protocol where a key has it. */
#define FROM 22
#define ZERO -1

static inline void
key_of_common(const uint8_t *frame, __m128i rest, uint64_t key[2])
{
	const __m128i order = _mm_setr_epi8(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, ZERO, ZERO,
					    COMMON_PROTOCOL - FROM, ZERO);
	__m128i bytes = _mm_loadu_si128((const __m128i *)(frame + FROM));

	_mm_storeu_si128((__m128i *)key, _mm_xor_si128(_mm_shuffle_epi8(bytes, order), rest));
}

_Static_assert(FROM + 16 == COMMON_LENGTH && FROM + 4 == COMMON_FLOW, "what key_of_common reads");
#endif

bool
keys_of_burst(struct keys *keys, struct burst *burst, struct cache_narrow *cache, uint32_t mask)
{
	struct rte_mbuf *const *packets = burst->packets;
	const uint8_t *frames[BURST_MAX];
	unsigned count = burst->count;
#ifdef __SSSE3__
	struct packet_view view = packet_common_view(burst->in_port);
	uint64_t rest_words[2];
	__m128i rest;

	cache_narrow_key(&view, cache_port_bits(burst->in_port), rest_words);
	rest = _mm_loadu_si128((const __m128i *)rest_words);
#endif
	for (unsigned i = 0; i < count; i++) {
		frames[i] = rte_pktmbuf_mtod(packets[i], const uint8_t *);
		rte_prefetch0(frames[i]);
	}
	for (unsigned i = 0; i < count; i++) {
#ifdef __SSSE3__
		if (likely(packet_is_common(frames[i], packets[i]->data_len)))
			key_of_common(frames[i], rest, keys->keys[i]);
		else
#endif
			if (!key_of_any(burst, i, keys->keys[i]))
			return false;
		keys_place(keys, i, cache, mask);
	}
	return true;
}
