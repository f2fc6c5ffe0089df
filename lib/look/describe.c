/* SPDX-License-Identifier: BSD-3-Clause */
#include "look/describe.h"

#include <arpa/inet.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <string.h>

#include "packet/view.h"

#include "core/banned.h"

#define MAC "%02x:%02x:%02x:%02x:%02x:%02x"
#define MAC_BYTES(at) (at)[0], (at)[1], (at)[2], (at)[3], (at)[4], (at)[5]

static const char *
protocol_name(uint8_t protocol, char number[16])
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	default:
		snprintf(number, 16, "protocol %u", protocol);
		return number;
	}
}

static void
describe_ip(const struct packet_view *view, FILE *out)
{
	bool wide = view->kind & PACKET_WIDE;
	bool ports = view->kind == PACKET_IPV4_PORTS || view->kind == PACKET_IPV6_PORTS;
	int family = wide ? AF_INET6 : AF_INET;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], number[16];
	const char *open = wide && ports ? "[" : "", *close = wide && ports ? "]" : "";

	inet_ntop(family, wide ? (const void *)view->src6 : &view->src4, src, sizeof(src));
	inet_ntop(family, wide ? (const void *)view->dst6 : &view->dst4, dst, sizeof(dst));
	fprintf(out, "%s ",
		view->kind == PACKET_IPV6_BARE ? "ipv6" : protocol_name(view->protocol, number));
	if (ports)
		fprintf(out, "%s%s%s:%u > %s%s%s:%u", open, src, close, ntohs(view->src_port), open,
			dst, close, ntohs(view->dst_port));
	else
		fprintf(out, "%s > %s", src, dst);
	if (view->fragment)
		fputs(" fragment", out);
}

void
look_describe(const uint8_t *bytes, uint32_t kept, char text[LOOK_TEXT_MAX])
{
	struct rte_mbuf packet = {.buf_addr = (void *)(uintptr_t)bytes,
				  .data_len = kept,
				  .pkt_len = kept,
				  .nb_segs = 1};
	struct rte_mbuf *packets[] = {&packet};
	struct packet_view view;
	FILE *out = fmemopen(text, LOOK_TEXT_MAX, "w");

	*text = '\0';
	if (!out)
		return;
	packet_parse(packets, 1, 0, &view);
	if (view.kind == PACKET_RUNT)
		fprintf(out, "runt");
	else if (view.kind == PACKET_OTHER)
		fprintf(out, "ether_type 0x%04x " MAC " > " MAC, ntohs(view.ether_type),
			MAC_BYTES(bytes + RTE_ETHER_ADDR_LEN), MAC_BYTES(bytes));
	else
		describe_ip(&view, out);
	if (view.vlan != PACKET_NO_VLAN)
		fprintf(out, " vlan %u", ntohs(view.vlan));
	fclose(out);
}
