/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sum: internet checksums of headers of which some bytes change (RFC 1624, equation 3): what was right stays right, what
 * was wrong stays wrong by as much, and nobody reads the rest. Words are as they lie in memory; ones' complement sums
 * are the same in either byte order (RFC 1071 section 2 (B)).
 *
 * A change begins as 0 and takes up to 32,767 words.
 */
#ifndef PACKET_SUM_H
#define PACKET_SUM_H

#include <stdint.h>

static inline uint16_t
sum_fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	return (sum >> 16) + (sum & 0xffff);
}

/* A change and one word more that is another one now. */
static inline uint32_t
sum_word(uint32_t change, uint16_t before, uint16_t after)
{
	return change + (uint16_t)~before + after;
}

/* The same of two words. */
static inline uint32_t
sum_words(uint32_t change, uint32_t before, uint32_t after)
{
	change = sum_word(change, before >> 16, after >> 16);
	return sum_word(change, before & 0xffff, after & 0xffff);
}

/* The checksum of what has changed. Where the change comes to nothing, it is the one that was there. */
static inline uint16_t
sum_adjust(uint16_t checksum, uint32_t change)
{
	uint16_t folded = sum_fold(change);

	if (folded == 0 || folded == 0xffff)
		return checksum;
	return ~sum_fold((uint32_t)(uint16_t)~checksum + folded);
}

/* That of UDP: 0 is none, and stays so; one that comes to 0 is written as its other form (RFC 768). */
static inline uint16_t
sum_adjust_udp(uint16_t checksum, uint32_t change)
{
	uint16_t adjusted;

	if (checksum == 0)
		return 0;
	adjusted = sum_adjust(checksum, change);
	return adjusted ? adjusted : 0xffff;
}

#endif
