/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layout: where a frame's headers are, among contiguous bytes. For this room alone: rules have
 * lib/packet/view.h, which needs an mbuf. Pure.
 */
#ifndef MATCH_LAYOUT_H
#define MATCH_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/ethertype.h"

#define LAYOUT_MACS 12
#define LAYOUT_IPV4 20
#define LAYOUT_IPV6 40
#define LAYOUT_TCP 20
#define LAYOUT_UDP_ICMP 8
#define LAYOUT_SCTP 12

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_SCTP = 132,
};

/* Offsets from the frame's beginning; each header is empty where there is none. */
struct layout {
	uint32_t tags;      /* behind the addresses */
	uint32_t type;      /* the ether-type in front of the network header */
	uint32_t network;   /* behind it */
	uint32_t transport; /* behind IP and IPv6's extension headers */
	uint32_t payload;   /* behind what is known of TCP, UDP, ICMP and SCTP */
	uint32_t end;       /* of what is there and belongs to it: padding does not */
	uint32_t whole;     /* the end, if no byte of the frame were missing */
	uint16_t ether_type;
	bool ip;          /* its header lies whole in the frame */
	uint8_t protocol; /* of IP; where transport is no header of it, as in a later fragment, 0 */
	uint8_t carried;  /* the same, also then */
	uint32_t fragment; /* IPv6: its fragment header; 0: none */
};

/* snap: of frames that are longer only so much is looked at; 0: all. */
void layout_find(struct layout *layout, const uint8_t *bytes, uint32_t length, uint32_t wire_length,
		 uint32_t snap);

static inline uint16_t
layout_16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t
layout_32(const uint8_t *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

#endif
