/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole groups to which a program can be done in place, which are told from others by a few vectors
 * a packet, and without views of it. */
#include <immintrin.h>
#include <netinet/in.h>
#include <rte_common.h>
#include <rte_mbuf.h>
#include <string.h>

#include "edit/program.h"
#include "edit/quick.h"
#include "packet/common.h"

#include "core/banned.h"

/* Up to the end of the transport's checksum. */
#define UDP_END (COMMON_L4 + 8)
#define TCP_END (COMMON_L4 + 18)

/* The words of 16 bits of two vectors of an mbuf, from data_off and from packet_type on. */
enum { DATA_OFF, REFCNT, NB_SEGS, PORT, OL_FLAGS };
#define DATA_LEN 4

_Static_assert(offsetof(struct rte_mbuf, data_off) % 16 == 0 &&
		       offsetof(struct rte_mbuf, refcnt) ==
			       offsetof(struct rte_mbuf, data_off) + 2 * REFCNT &&
		       offsetof(struct rte_mbuf, nb_segs) ==
			       offsetof(struct rte_mbuf, data_off) + 2 * NB_SEGS &&
		       offsetof(struct rte_mbuf, ol_flags) ==
			       offsetof(struct rte_mbuf, data_off) + 2 * OL_FLAGS &&
		       offsetof(struct rte_mbuf, packet_type) ==
			       offsetof(struct rte_mbuf, data_off) + 16 &&
		       offsetof(struct rte_mbuf, data_len) ==
			       offsetof(struct rte_mbuf, packet_type) + 2 * DATA_LEN,
	       "as the vectors have it");

/* Whether all packets may be written, with room in front. *least: of how many bytes each is. Who
 * has a packet has a reference and a segment at least, so what the words have together tells
 * whether any has more. */
static inline bool
are_own(struct rte_mbuf *const *packets, unsigned count, uint16_t front, uint16_t *least)
{
	const __m128i wanted =
		_mm_set_epi64x(0, UINT64_C(1) << 16 * REFCNT | UINT64_C(1) << 16 * NB_SEGS);
	const __m128i judged =
		_mm_set_epi64x(RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL,
			       UINT64_C(0xffff) << 16 * REFCNT | UINT64_C(0xffff) << 16 * NB_SEGS);
	__m128i together = _mm_setzero_si128(), offsets = _mm_set1_epi16(-1), lengths = offsets;

#pragma GCC unroll 4
	for (unsigned i = 0; i < count; i++) {
		const struct rte_mbuf *packet = packets[i];
		const __m128i *words = (const __m128i *)&packet->data_off;

		together = _mm_or_si128(together, words[0]);
		offsets = _mm_min_epu16(offsets, words[0]);
		lengths = _mm_min_epu16(lengths, words[1]);
		__builtin_prefetch(rte_pktmbuf_mtod(packet, const char *) - front, 1);
	}
	*least = _mm_extract_epi16(lengths, DATA_LEN);
	return _mm_testz_si128(_mm_xor_si128(together, wanted), judged) &&
	       _mm_extract_epi16(offsets, DATA_OFF) >= front && *least >= EDIT_ETHER;
}

/* Whether all are common, with their transport's checksum, of packets of so many bytes at least. */
static inline bool
are_common(struct rte_mbuf *const *packets, unsigned count, uint16_t least)
{
	uint64_t protocols = 0;

	if (least < UDP_END)
		return false;
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *frame = rte_pktmbuf_mtod(packets[i], const uint8_t *);

		if (!packet_is_common(frame, UDP_END))
			return false;
		protocols |= UINT64_C(1) << frame[COMMON_PROTOCOL];
	}
	return least >= TCP_END || protocols == UINT64_C(1) << IPPROTO_UDP;
}

/* Both addresses and nothing else, in one go: where it stops at a packet that may not be written,
 * or has none, those before it have them, and may be given them again. */
static bool
set_macs(const struct edit_set *set, struct rte_mbuf *const *packets, unsigned count)
{
	uint64_t first;
	uint32_t last;

	memcpy(&first, set->macs, sizeof(first));
	memcpy(&last, (const uint8_t *)set->macs + sizeof(first), sizeof(last));
#pragma GCC unroll 4
	for (unsigned i = 0; i < count; i++) {
		const struct rte_mbuf *packet = packets[i];
		uint8_t *start = rte_pktmbuf_mtod(packet, uint8_t *);

		if (!edit_is_own(packet) || packet->data_len < EDIT_ETHER)
			return false;
		memcpy(start, &first, sizeof(first));
		memcpy(start + sizeof(first), &last, sizeof(last));
	}
	return true;
}

bool
edit_at_once(const struct edit *edit, struct rte_mbuf **packets, unsigned count)
{
	const struct edit_group group = {packets, NULL, NULL};
	const uint32_t all = (UINT64_C(1) << count) - 1;
	uint16_t least;

	if (edit->macs)
		return set_macs(&edit->ops[0].values.set, packets, count);
	if (!edit->at_once || !are_own(packets, count, edit->reach.front, &least) ||
	    (edit->reach.parses && !are_common(packets, count, least)))
		return false;
	for (unsigned i = 0; i < edit->op_count; i++) {
		if (edit->ops[i].kind->fits(&edit->ops[i], &group, all) != all)
			return false;
	}
	edit_quick_do(edit->ops, edit->op_count, &edit->reach, &group, all);
	return true;
}
