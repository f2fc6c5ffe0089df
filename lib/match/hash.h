/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hash: bytes made a number of 64 bits by products, 16 bytes with each. For this room alone; inline
 * since it is most of what a key costs. Numbers of two machines agree only in the same byte order.
 */
#ifndef MATCH_HASH_H
#define MATCH_HASH_H

#include <stdint.h>
#include <string.h>

/* Odd and of no pattern: the fractions of the square roots of 2, 3, 5 and 7. */
#define HASH_A UINT64_C(0x6a09e667f3bcc909)
#define HASH_B UINT64_C(0xbb67ae8584caa73b)
#define HASH_C UINT64_C(0x3c6ef372fe94f82b)
#define HASH_D UINT64_C(0xa54ff53a5f1d36f1)

/* Both halves of a product of 128 bits depend on all bits of both factors. */
static inline uint64_t
hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t
hash_word(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static inline uint64_t
hash_half(const uint8_t *at)
{
	uint32_t half;

	memcpy(&half, at, sizeof(half));
	return half;
}

static inline uint64_t
hash_numbers(uint64_t a, uint64_t b)
{
	return hash_fold(a ^ HASH_A, b ^ HASH_B);
}

/* size bytes at at; none are read beyond. */
static inline uint64_t
hash_bytes(const uint8_t *at, uint32_t size, uint64_t seed)
{
	uint64_t a = 0, b = 0, hash = seed ^ HASH_A;
	uint32_t left = size;

	if (left > 64) {
		/* Four that don't wait for each other: the processor multiplies while it does. */
		uint64_t h1 = hash, h2 = hash, h3 = hash;

		for (; left > 64; left -= 64, at += 64) {
			hash = hash_fold(hash_word(at) ^ HASH_A, hash_word(at + 8) ^ hash);
			h1 = hash_fold(hash_word(at + 16) ^ HASH_B, hash_word(at + 24) ^ h1);
			h2 = hash_fold(hash_word(at + 32) ^ HASH_C, hash_word(at + 40) ^ h2);
			h3 = hash_fold(hash_word(at + 48) ^ HASH_D, hash_word(at + 56) ^ h3);
		}
		hash = hash_fold(hash ^ HASH_C, h1) ^ hash_fold(h2 ^ HASH_D, h3);
	}
	for (; left > 16; left -= 16, at += 16)
		hash = hash_fold(hash_word(at) ^ HASH_B, hash_word(at + 8) ^ hash);
	if (left >= 8) {
		a = hash_word(at);
		b = hash_word(at + left - 8);
	} else if (left >= 4) {
		a = hash_half(at);
		b = hash_half(at + left - 4);
	} else if (left > 0) {
		a = (uint64_t)at[0] << 16 | (uint64_t)at[left / 2] << 8 | at[left - 1];
	}
	return hash_fold(HASH_D ^ size, hash_fold(a ^ HASH_C, b ^ hash));
}

#endif
