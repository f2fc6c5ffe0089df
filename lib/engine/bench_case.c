/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/bench_case.h"

#include <netinet/in.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>
#include <rte_vxlan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

static const struct bench_case cases[] = {
	{"parse", "headers to views", BENCH_PARSE, 0, "drop", false},
	{"forward", "no rules, forward", BENCH_SHARES, 0, "{ forward: out }", false},
	{"drop", "no rules, drop", BENCH_SHARES, 0, "drop", false},
	{"mirror", "one rule: mirror to two ports, forward", BENCH_SHARES, 1,
	 "[ { mirror: m1 }, { mirror: m2 }, { forward: out } ]", false},
	{"group", "one rule: forward to a group of three", BENCH_SHARES, 1, "[ { forward: g } ]",
	 false},
	{"rules-100", "100 rules, 8,192 flows", BENCH_SHARES, 100, "[ { forward: out } ]", false},
	{"rules-1000", "1,000 rules, 8,192 flows", BENCH_SHARES, 1000, "[ { forward: out } ]",
	 false},
	{"rules-10000", "10,000 rules, 8,192 flows", BENCH_SHARES, 10000, "[ { forward: out } ]",
	 false},
	{"flood-10000", "10,000 rules, no flow comes twice", BENCH_SHARES, 10000,
	 "[ { forward: out } ]", true},
	{"flood-lists", "5 rules of 10,000 prefixes, 1,000 VLANs, 100 ports, no flow comes twice",
	 BENCH_LISTS, 0, "[ { forward: out } ]", true},
	{"capture-64", "a capture's writer: a packet of 64 bytes into its block", BENCH_STORE,
	 .group = "capture"},
	{"capture-512", "the same, 512 bytes", BENCH_STORE, .group = "capture", .size = 512},
	{"capture-1500", "the same, 1,500 bytes", BENCH_STORE, .group = "capture",
	 .size = BENCH_FRAME_MAX},
	{"return-sent", "a return, the worker that sends: a packet is noted", BENCH_RETURN,
	 .group = "return", .side = BENCH_RETURNS_SENT},
	{"return-back", "the worker that takes it as it comes back", BENCH_RETURN,
	 .group = "return", .side = BENCH_RETURNS_BACK},
	{"return-thread", "its thread: a packet that left and came back, of a million",
	 BENCH_RETURN, .group = "return", .side = BENCH_RETURNS_MATCH},
};

/* Lists of BENCH_LISTS. Their values never touch, so that none are joined. */
#define LISTS 5
#define LIST_PREFIXES 10000
#define LIST_VLANS 1000
#define LIST_PORTS 100

const struct bench_case *
bench_case(unsigned i)
{
	unsigned count = sizeof(cases) / sizeof(cases[0]);

	return i < count ? &cases[i] : bench_edit_case(i - count);
}

bool
bench_case_is(const struct bench_case *bench, const char *name)
{
	if (!name)
		return !bench->group;
	return strcmp(name, bench->name) == 0 || (bench->group && strcmp(name, bench->group) == 0);
}

unsigned
bench_case_size(const struct bench_case *bench)
{
	return bench->size ? bench->size : BENCH_FRAME;
}

/* An odd factor makes each number another one of 32 bits, and neighbours strangers. */
static uint32_t
scatter(uint32_t number)
{
	number *= 0x9e3779b1;
	return number ^ number >> 15;
}

/* The address of a /24 all over 1.0.0.0 to 223.255.255.255. */
static uint32_t
list_prefix(unsigned list, unsigned i)
{
	uint32_t address = scatter(list * LIST_PREFIXES + i);

	return (uint32_t)(((uint64_t)address * 223 >> 8) + RTE_IPV4(1, 0, 0, 0)) & 0xffffff00;
}

static unsigned
list_vlan(unsigned list, unsigned i)
{
	return i * 4 + list % 4;
}

static unsigned
list_port(unsigned list, unsigned i)
{
	return 1024 + i * 500 + list * 2;
}

static void
put_lists(FILE *out, const struct bench_case *bench)
{
	for (unsigned list = 0; list < LISTS; list++) {
		fprintf(out, "  - name: r%u\n    actions: %s\n    match:\n      src: [", list,
			bench->actions);
		for (unsigned i = 0; i < LIST_PREFIXES; i++) {
			uint32_t prefix = list_prefix(list, i);

			fprintf(out, "%s%u.%u.%u.0/24", i ? "," : "", prefix >> 24,
				prefix >> 16 & 255, prefix >> 8 & 255);
		}
		fprintf(out, "]\n      vlan: [");
		for (unsigned i = 0; i < LIST_VLANS; i++)
			fprintf(out, "%s%u", i ? "," : "", list_vlan(list, i));
		fprintf(out, "]\n      dst-port: [");
		for (unsigned i = 0; i < LIST_PORTS; i++)
			fprintf(out, "%s%u", i ? "," : "", list_port(list, i));
		fprintf(out, "]\n");
	}
}

/* Rule i takes the flows whose source has i as its remainder: all flows find a rule, and every rule
 * is another match. */
static void
put_shares(FILE *out, const struct bench_case *bench, bool beside)
{
	const char *actions = beside ? bench->beside : bench->actions;

	if (bench->match && !beside)
		fprintf(out, "  - { name: more, actions: %s, match: { %s } }\n",
			bench->more ? bench->more : actions, bench->match);
	for (unsigned i = 0; i < bench->rules; i++) {
		fprintf(out, "  - name: r%u\n    actions: %s\n    match: { protocol: udp", i,
			actions);
		if (bench->rules > 1)
			fprintf(out, ", src: 10.%u.%u.0/24, dst-port: 53", i >> 8, i & 255);
		fprintf(out, " }\n");
	}
}

char *
bench_case_config(const struct bench_case *bench, bool beside)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "version: 1\nmemory: { packets: 16383 }\nports:\n");
	fprintf(out, "  in: { vdev: \"net_null0\", queues: 1 }\n");
	fprintf(out, "  out: { vdev: \"net_null1\", queues: 1 }\n");
	fprintf(out, "  m1: { vdev: \"net_null2\", queues: 1 }\n");
	fprintf(out, "  m2: { vdev: \"net_null3\", queues: 1 }\n");
	fprintf(out, "groups: { g: { ports: [out, m1, m2] } }\n");
	fprintf(out, "default: %s\n",
		bench->kind == BENCH_SHARES && bench->rules == 0 ? bench->actions : "drop");
	if (bench->kind == BENCH_LISTS || bench->rules)
		fprintf(out, "rules:\n");
	if (bench->kind == BENCH_LISTS)
		put_lists(out, bench);
	else
		put_shares(out, bench, beside);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* The outer headers of VXLAN, without checksums of theirs (RFC 7348 section 5). Returns where the
 * inner frame is. */
static uint8_t *
put_vxlan(uint8_t *frame, unsigned size, uint32_t flow)
{
	struct rte_ether_hdr *ether = (struct rte_ether_hdr *)frame;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ether + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	struct rte_vxlan_hdr *vxlan = (struct rte_vxlan_hdr *)(udp + 1);

	ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(size - sizeof(*ether));
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = RTE_BE32(RTE_IPV4(192u, 0, 2, 1));
	ip->dst_addr = RTE_BE32(RTE_IPV4(192u, 0, 2, 2));
	udp->src_port = rte_cpu_to_be_16(49152 | (flow & 0x3fff));
	udp->dst_port = RTE_BE16(RTE_VXLAN_DEFAULT_PORT);
	udp->dgram_len = rte_cpu_to_be_16(size - sizeof(*ether) - sizeof(*ip));
	vxlan->vx_flags = RTE_BE32(0x08000000);
	vxlan->vx_vni = RTE_BE32(5 << 8);
	return (uint8_t *)(vxlan + 1);
}

static void
put_frame(const struct bench_case *bench, bool tagged, uint32_t flow, uint8_t *frame, unsigned size)
{
	struct rte_ether_hdr *ether = (struct rte_ether_hdr *)frame;
	struct rte_vlan_hdr *tag = (struct rte_vlan_hdr *)(ether + 1);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(tagged ? (void *)(tag + 1) : tag);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);
	uint32_t number = bench->flood ? scatter(flow) : flow;
	unsigned rule = bench->rules ? number % bench->rules : number, list = number % LISTS;
	uint32_t src = RTE_IPV4(10, rule >> 8 & 255, rule & 255, flow & 255);
	uint16_t dst_port = 53, vlan = 1;

	if (bench->kind == BENCH_LISTS) {
		src = list_prefix(list, number / LISTS % LIST_PREFIXES) | (flow & 255);
		vlan = list_vlan(list, number / 7 % LIST_VLANS);
		dst_port = list_port(list, number / 11 % LIST_PORTS);
	}
	ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	if (tagged) {
		ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
		tag->vlan_tci = rte_cpu_to_be_16(vlan);
		tag->eth_proto = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	}
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(frame + size - (uint8_t *)ip);
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(src);
	ip->dst_addr = rte_cpu_to_be_32(RTE_IPV4(192u, 168, 0, 0) + (flow & 0xffff));
	udp->src_port = rte_cpu_to_be_16(1024 + (flow >> 16 ^ flow) % 60000);
	udp->dst_port = rte_cpu_to_be_16(dst_port);
	udp->dgram_len = rte_cpu_to_be_16(frame + size - (uint8_t *)udp);
}

void
bench_case_frame(const struct bench_case *bench, uint32_t flow, uint8_t *frame)
{
	bool tagged = bench->flood || bench->frame == BENCH_TAGGED;
	unsigned size = bench_case_size(bench);
	uint8_t *inner = frame;

	memset(frame, 0, size);
	if (bench->frame == BENCH_VXLAN)
		inner = put_vxlan(frame, size, flow);
	put_frame(bench, tagged, flow, inner, size - (unsigned)(inner - frame));
}
