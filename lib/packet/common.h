/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Common: what most packets are: Ethernet without a tag, IPv4 without options, no fragment, TCP or
 * UDP. Their fields stand at fixed places, so that whoever wants few of them need not parse.
 */
#ifndef PACKET_COMMON_H
#define PACKET_COMMON_H

#include <rte_byteorder.h>
#include <stdbool.h>
#include <stdint.h>
#ifdef __SSE4_1__
#include <immintrin.h>
#endif

#include "packet/view.h"

/* Offsets in a frame. Source, destination and both ports stand side by side there, as in a view. */
#define COMMON_L3 14
#define COMMON_PROTOCOL 23
#define COMMON_FLOW 26
#define COMMON_L4 34
#define COMMON_LENGTH 38

#define COMMON_TYPE 0x0800

/* The view of one, but for its addresses, ports and protocol. */
static inline struct packet_view
packet_common_view(uint16_t in_port)
{
	return (struct packet_view){.vlan = PACKET_NO_VLAN,
				    .in_port = rte_cpu_to_be_16(in_port),
				    .ether_type = RTE_BE16(COMMON_TYPE),
				    .kind = PACKET_IPV4_PORTS,
				    .l3_offset = COMMON_L3,
				    .l4_offset = COMMON_L4};
}

/* Whether a frame, of which length bytes lie side by side, is one of them. */
static inline bool
packet_is_common(const uint8_t *frame, uint32_t length)
{
	/* TCP and UDP, IANA "Assigned Internet Protocol Numbers". */
	const uint64_t protocols = UINT64_C(1) << 6 | UINT64_C(1) << 17;

	if (length < COMMON_LENGTH)
		return false;
#ifdef __SSE4_1__
	/* From the type on: it, version and header length; More Fragments and the fragment offset,
	 * RFC 791 section 3.1; a protocol of 64 or more. */
	const __m128i wanted = _mm_setr_epi8(0x08, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m128i judged =
		_mm_setr_epi8(-1, -1, -1, 0, 0, 0, 0, 0, 0x3f, -1, 0, -64, 0, 0, 0, 0);

	if (!_mm_testz_si128(_mm_xor_si128(_mm_loadu_si128((const __m128i *)(frame + 12)), wanted),
			     judged))
		return false;
#else
	if ((frame[12] ^ 0x08) | frame[13] | (frame[14] ^ 0x45) | (frame[20] & 0x3f) | frame[21] |
	    (frame[COMMON_PROTOCOL] & 0xc0))
		return false;
#endif
	return protocols >> frame[COMMON_PROTOCOL] & 1;
}

#endif
