/* SPDX-License-Identifier: BSD-3-Clause */
#include "look/headers.h"

#include <netinet/in.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "packet/view.h"

#include "core/banned.h"

#define UDP_BYTES 8
#define SCTP_BYTES 12
#define TCP_BYTES 20
#define TCP_OFFSET_AT 12
#define TAG_BYTES 4
#define TAGS_MAX 2

static uint32_t
tcp_bytes(const struct rte_mbuf *packet, uint32_t at)
{
	uint8_t bytes;
	const uint8_t *offset = rte_pktmbuf_read(packet, at + TCP_OFFSET_AT, 1, &bytes);
	uint32_t length = offset ? (uint32_t)(*offset >> 4) * 4 : TCP_BYTES;

	return RTE_MAX(length, (uint32_t)TCP_BYTES);
}

uint32_t
look_headers(struct rte_mbuf *packet)
{
	struct packet_view view;

	packet_parse(&packet, 1, 0, &view);
	if (view.l4_offset == 0)
		return view.l3_offset ? view.l3_offset : RTE_ETHER_HDR_LEN + TAGS_MAX * TAG_BYTES;
	if (view.kind != PACKET_IPV4_PORTS && view.kind != PACKET_IPV6_PORTS)
		return view.l4_offset;
	switch (view.protocol) {
	case IPPROTO_TCP:
		return view.l4_offset + tcp_bytes(packet, view.l4_offset);
	case IPPROTO_SCTP:
		return view.l4_offset + SCTP_BYTES;
	default:
		return view.l4_offset + UDP_BYTES;
	}
}
