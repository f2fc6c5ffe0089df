/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sum: internet checksums of headers of which some bytes change (RFC 1624, equation 3): what was
 * right stays right, what was wrong stays wrong by as much, and nobody reads the rest. Words are as
 * they lie in memory; ones' complement sums are the same in either byte order (RFC 1071 section 2
 * (B)).
 *
 * A change begins as 0 and takes up to 2^31 words of 16 or 32 bits.
 */
#ifndef PACKET_SUM_H
#define PACKET_SUM_H

#include <stdint.h>

/* To 16 bits, with the end-around carries: in each step both halves are added in the upper one, and
 * what the lower one carries with them. */
static inline uint16_t
sum_fold(uint64_t sum)
{
	uint32_t half = (sum + (sum >> 32 | sum << 32)) >> 32;

	return (half + (half >> 16 | half << 16)) >> 16;
}

/* A change and one word more that is another one now. */
static inline uint64_t
sum_word(uint64_t change, uint16_t before, uint16_t after)
{
	return change + (uint16_t)~before + after;
}

/* The same of two words. */
static inline uint64_t
sum_words(uint64_t change, uint32_t before, uint32_t after)
{
	return change + ~before + after;
}

/* The checksum of what has changed. Where the change comes to nothing, it is the one that was
 * there: only of 0xffff would the sum make its other form. */
static inline uint16_t
sum_adjust(uint16_t checksum, uint64_t change)
{
	uint16_t rest = ~checksum, adjusted = ~sum_fold(rest + change);

	return rest == 0 && adjusted == 0 ? checksum : adjusted;
}

/* That of UDP: 0 is none, and stays so; one that comes to 0 is written as its other form (RFC
 * 768). */
static inline uint16_t
sum_adjust_udp(uint16_t checksum, uint64_t change)
{
	uint16_t adjusted = sum_adjust(checksum, change);

	if (checksum == 0)
		return 0;
	return adjusted ? adjusted : 0xffff;
}

#endif
