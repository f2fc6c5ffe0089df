/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hash: blocks of 16 bytes, one after the other, made two numbers of 64 bits that know nothing of
 * each other. Two ways, of which a file is compiled with one: by the processor's instructions for
 * AES, or by products. A process keeps to one, as they don't agree. Inline, since it is most of
 * what a digest costs.
 */
#ifndef PACKET_DIGEST_HASH_H
#define PACKET_DIGEST_HASH_H

#include <rte_byteorder.h>
#include <stdint.h>
#include <string.h>
#ifdef DIGEST_BY_AES
#include <immintrin.h>
#endif

#include "packet/digest.h"

#define HASH_BLOCK 16

/* Odd and of no pattern: the fractions of the square roots of 2, 3, 5 and 7. */
#define HASH_KEY_A UINT64_C(0x6a09e667f3bcc909)
#define HASH_KEY_B UINT64_C(0xbb67ae8584caa73b)
#define HASH_KEY_C UINT64_C(0x3c6ef372fe94f82b)
#define HASH_KEY_D UINT64_C(0xa54ff53a5f1d36f1)

#ifdef DIGEST_BY_AES

typedef __m128i hash_block;

/* A round of AES in either direction. What one makes of a difference between two packets a later
 * block may take away again; the other makes something else of it. */
struct hash {
	__m128i up, down;
};

static inline hash_block
hash_load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)at);
}

static inline hash_block
hash_mask(hash_block block, const uint64_t mask[2])
{
	return _mm_and_si128(block, _mm_loadu_si128((const __m128i *)mask));
}

/* The last bytes before an end, behind which 0 is read; 16 lie before it, and 1 to 15 are
 * wanted. */
static inline hash_block
hash_tail(const uint8_t *end, uint32_t bytes)
{
	static const int8_t places[2 * HASH_BLOCK] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
						      11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1,
						      -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

	return _mm_shuffle_epi8(hash_load(end - HASH_BLOCK),
				hash_load((const uint8_t *)places + HASH_BLOCK - bytes));
}

static inline struct hash
hash_begin(uint32_t length, uint8_t kind)
{
	return (struct hash){_mm_set_epi64x(HASH_KEY_A, HASH_KEY_C ^ length),
			     _mm_set_epi64x(HASH_KEY_B, HASH_KEY_D + kind)};
}

static inline struct hash
hash_absorb(struct hash hash, hash_block block)
{
	return (struct hash){_mm_aesenc_si128(hash.up, block), _mm_aesdec_si128(hash.down, block)};
}

/* After three rounds a bit has changed all others; of both numbers. */
static inline struct packet_digest
hash_finish(struct hash hash)
{
	__m128i mixed = _mm_aesenc_si128(hash.up, hash.down);

	mixed = _mm_aesenc_si128(mixed, _mm_aesdec_si128(hash.down, mixed));
	mixed = _mm_aesenc_si128(_mm_aesenc_si128(mixed, hash.up), mixed);
	return (struct packet_digest){_mm_cvtsi128_si64(mixed), _mm_extract_epi64(mixed, 1)};
}

#else

typedef struct {
	uint64_t a, b;
} hash_block;

struct hash {
	uint64_t low, high;
};

static inline hash_block
hash_load(const uint8_t *at)
{
	hash_block block;

	memcpy(&block, at, sizeof(block));
	return (hash_block){rte_le_to_cpu_64(block.a), rte_le_to_cpu_64(block.b)};
}

static inline hash_block
hash_mask(hash_block block, const uint64_t mask[2])
{
	return (hash_block){block.a & mask[0], block.b & mask[1]};
}

static inline hash_block
hash_tail(const uint8_t *end, uint32_t bytes)
{
	hash_block last = hash_load(end - HASH_BLOCK);
	unsigned __int128 tail = (unsigned __int128)last.b << 64 | last.a;

	tail >>= (HASH_BLOCK - bytes) * 8;
	return (hash_block){tail, tail >> 64};
}

/* Both halves of a product of 128 bits depend on all bits of both factors. */
static inline uint64_t
hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline struct hash
hash_begin(uint32_t length, uint8_t kind)
{
	return (struct hash){HASH_KEY_C ^ length, HASH_KEY_D + kind};
}

/* What a product of 0 makes one of the numbers forget is in the other. */
static inline struct hash
hash_absorb(struct hash hash, hash_block block)
{
	return (struct hash){
		hash_fold(block.a ^ hash.low, block.b ^ HASH_KEY_A) ^ hash.low,
		hash_fold(block.b ^ hash.high, block.a ^ HASH_KEY_B) + hash.high,
	};
}

static inline struct packet_digest
hash_finish(struct hash hash)
{
	return (struct packet_digest){
		hash_fold(hash.low ^ HASH_KEY_C, hash.high ^ HASH_KEY_D),
		hash_fold(hash.high ^ HASH_KEY_A, hash.low + HASH_KEY_B),
	};
}

#endif

#endif
