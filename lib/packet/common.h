/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Common: what most packets are: Ethernet without a tag, IPv4 without options, no fragment, TCP or
 * UDP. Their fields stand at fixed places, so that whoever wants few of them need not parse.
 */
#ifndef PACKET_COMMON_H
#define PACKET_COMMON_H

#include <rte_byteorder.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
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

/* Whether a frame, of which length bytes lie side by side, is one of them. Where it is not typed,
 * what stands before IP's header is not looked at. */
static inline bool
packet_is_common_as(const uint8_t *frame, uint32_t length, bool typed)
{
	/* TCP and UDP, IANA "Assigned Internet Protocol Numbers". */
	const uint64_t protocols = UINT64_C(1) << 6 | UINT64_C(1) << 17;

	if (length < COMMON_LENGTH)
		return false;
#ifdef __SSE4_1__
	/* From the type on: it, version and header length; More Fragments and the fragment offset,
	 * RFC 791 section 3.1; a protocol of 64 or more. */
	const __m128i wanted = _mm_setr_epi8(0x08, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m128i judged = _mm_setr_epi8(typed ? -1 : 0, typed ? -1 : 0, -1, 0, 0, 0, 0, 0,
					     0x3f, -1, 0, -64, 0, 0, 0, 0);

	if (!_mm_testz_si128(_mm_xor_si128(_mm_loadu_si128((const __m128i *)(frame + 12)), wanted),
			     judged))
		return false;
#else
	if ((typed && ((frame[12] ^ 0x08) | frame[13])) | (frame[14] ^ 0x45) | (frame[20] & 0x3f) |
	    frame[21] | (frame[COMMON_PROTOCOL] & 0xc0))
		return false;
#endif
	return protocols >> frame[COMMON_PROTOCOL] & 1;
}

static inline bool
packet_is_common(const uint8_t *frame, uint32_t length)
{
	return packet_is_common_as(frame, length, true);
}

/* What their views have behind the ports, but the protocol: the words that follow each other there,
 * so that a view takes three stores and not nine. */
struct packet_common {
	uint32_t tag;     /* vlan, in_port */
	uint64_t type;    /* ether_type, protocol, kind, epoch */
	uint64_t offsets; /* l3_offset, l4_offset, fragment */
};

_Static_assert(offsetof(struct packet_view, vlan) == 12 &&
		       offsetof(struct packet_view, ether_type) == 16 &&
		       offsetof(struct packet_view, l3_offset) == 24 &&
		       offsetof(struct packet_view, src6) == 32,
	       "the words of struct packet_common");

static inline struct packet_common
packet_common_make(uint16_t in_port)
{
	struct packet_view view = packet_common_view(in_port);
	struct packet_common common;

	memcpy(&common.tag, &view.vlan, sizeof(common.tag));
	memcpy(&common.type, &view.ether_type, sizeof(common.type));
	memcpy(&common.offsets, &view.l3_offset, sizeof(common.offsets));
	return common;
}

/* The view of a frame that is one. */
static inline void
packet_common_fill(const uint8_t *frame, const struct packet_common *common,
		   struct packet_view *view)
{
	memcpy(view, frame + COMMON_FLOW, 12);
	memcpy(&view->vlan, &common->tag, sizeof(common->tag));
	memcpy(&view->ether_type, &common->type, sizeof(common->type));
	memcpy(&view->l3_offset, &common->offsets, sizeof(common->offsets));
	view->protocol = frame[COMMON_PROTOCOL];
}

#endif
