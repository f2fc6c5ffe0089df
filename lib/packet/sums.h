/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sums: what sum.h does, for four packets at once: in vectors of four words of 32 bits, one for
 * each packet. What comes out is the same, to the bit.
 *
 * A change is what the words of 16 bits are together, less what they were: up to SUMS_WORDS of
 * them, so it is below 0 at times.
 */
#ifndef PACKET_SUMS_H
#define PACKET_SUMS_H

#include <immintrin.h>
#include <stdint.h>

#define SUMS_WORDS 16

/* Of 16 bytes before and after, each two words, by how much their sum grew. They are told as signed
 * by the instruction, so both are moved by as much before. */
static inline __m128i
sums_differ(__m128i before, __m128i after)
{
	const __m128i half = _mm_set1_epi16(INT16_MIN), ones = _mm_set1_epi16(1);

	return _mm_sub_epi32(_mm_madd_epi16(_mm_xor_si128(after, half), ones),
			     _mm_madd_epi16(_mm_xor_si128(before, half), ones));
}

/* ~(~checksums + changes), of which a checksum that comes to nothing is 0. A multiple of 0xffff
 * changes nothing and leaves nothing below 0. */
static inline __m128i
sums_add(__m128i checksums, __m128i changes)
{
	const __m128i low = _mm_set1_epi32(0xffff), above = _mm_set1_epi32(SUMS_WORDS * 0xffff);
	__m128i sums = _mm_add_epi32(_mm_add_epi32(_mm_xor_si128(checksums, low), above), changes);

	sums = _mm_add_epi32(_mm_and_si128(sums, low), _mm_srli_epi32(sums, 16));
	sums = _mm_add_epi32(_mm_and_si128(sums, low), _mm_srli_epi32(sums, 16));
	return _mm_xor_si128(sums, low);
}

/* As sum_adjust; of each word the lower half counts. */
static inline __m128i
sums_adjust(__m128i checksums, __m128i changes)
{
	const __m128i other = _mm_set1_epi32(0xffff), zero = _mm_setzero_si128();
	__m128i adjusted = sums_add(checksums, changes);

	/* There is no other one that is 0 afterwards and was 0xffff. */
	return _mm_or_si128(adjusted, _mm_and_si128(_mm_cmpeq_epi32(checksums, other),
						    _mm_cmpeq_epi32(adjusted, zero)));
}

/* As sum_adjust_udp; of each word the lower half counts. */
static inline __m128i
sums_adjust_udp(__m128i checksums, __m128i changes)
{
	const __m128i zero = _mm_setzero_si128();
	__m128i adjusted = sums_add(checksums, changes);

	adjusted = _mm_or_si128(adjusted, _mm_cmpeq_epi32(adjusted, zero));
	return _mm_andnot_si128(_mm_cmpeq_epi32(checksums, zero), adjusted);
}

#endif
