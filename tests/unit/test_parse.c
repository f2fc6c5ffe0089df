/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <rte_byteorder.h>

#include "fake_mbuf.h"
#include "packet/view.h"

#include "core/banned.h"

#define MACS "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
#define IPV4_START "\x45\x00\x00\x40\x12\x34"
#define IPV4_ADDRESSES "\x0a\x00\x00\x01\xc0\x00\x02\x07"
#define IPV6_START "\x60\x00\x00\x00\x00\x40"
#define IPV6_ADDRESSES \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define PORTS "\x04\xd2\x00\x35" /* 1234, 53 */
#define UDP PORTS "\x00\x08\x00\x00"

struct row {
	const char *what;
	const char *frame;
	size_t length;
	enum packet_kind kind;
	int protocol, ether_type, vlan, src_port, dst_port, fragment;
};

#define FRAME(bytes) (bytes), sizeof(bytes) - 1
#define NONE PACKET_NO_VLAN

static const struct row rows[] = {
	{"nothing", FRAME(""), PACKET_RUNT, 0, 0, NONE, 0, 0, 0},
	{"cut in the type", FRAME(MACS "\x08"), PACKET_RUNT, 0, 0, NONE, 0, 0, 0},
	{"a bare type", FRAME(MACS "\x08\x06"), PACKET_OTHER, 0, 0x0806, NONE, 0, 0, 0},
	{"an 802.3 length", FRAME(MACS "\x00\x26\x42\x42\x03"), PACKET_OTHER, 0, 0x26, NONE, 0, 0,
	 0},
	{"udp", FRAME(MACS "\x08\x00" IPV4_START "\x40\x00\x40\x11\0\0" IPV4_ADDRESSES UDP),
	 PACKET_IPV4_PORTS, 17, 0x0800, NONE, 1234, 53, 0},
	{"tcp, ports alone",
	 FRAME(MACS "\x08\x00" IPV4_START "\0\0\x40\x06\0\0" IPV4_ADDRESSES PORTS),
	 PACKET_IPV4_PORTS, 6, 0x0800, NONE, 1234, 53, 0},
	{"sctp", FRAME(MACS "\x08\x00" IPV4_START "\0\0\x40\x84\0\0" IPV4_ADDRESSES UDP),
	 PACKET_IPV4_PORTS, 132, 0x0800, NONE, 1234, 53, 0},
	{"ports cut",
	 FRAME(MACS "\x08\x00" IPV4_START "\0\0\x40\x06\0\0" IPV4_ADDRESSES "\x04\xd2\x00"),
	 PACKET_IPV4, 6, 0x0800, NONE, 0, 0, 0},
	{"icmp", FRAME(MACS "\x08\x00" IPV4_START "\0\0\x40\x01\0\0" IPV4_ADDRESSES UDP),
	 PACKET_IPV4, 1, 0x0800, NONE, 0, 0, 0},
	{"options",
	 FRAME(MACS "\x08\x00\x46\x00\x00\x40\x12\x34\0\0\x40\x11\0\0" IPV4_ADDRESSES
		    "\x94\x04\0\0" UDP),
	 PACKET_IPV4_PORTS, 17, 0x0800, NONE, 1234, 53, 0},
	{"options cut",
	 FRAME(MACS "\x08\x00\x46\x00\x00\x40\x12\x34\0\0\x40\x11\0\0" IPV4_ADDRESSES "\x94"),
	 PACKET_OTHER, 0, 0x0800, NONE, 0, 0, 0},
	{"header length of 16",
	 FRAME(MACS "\x08\x00\x44\x00\x00\x40\x12\x34\0\0\x40\x11\0\0" IPV4_ADDRESSES UDP),
	 PACKET_OTHER, 0, 0x0800, NONE, 0, 0, 0},
	{"version 6 under IPv4's type",
	 FRAME(MACS "\x08\x00\x65\x00\x00\x40\x12\x34\0\0\x40\x11\0\0" IPV4_ADDRESSES UDP),
	 PACKET_OTHER, 0, 0x0800, NONE, 0, 0, 0},
	{"first fragment",
	 FRAME(MACS "\x08\x00" IPV4_START "\x20\0\x40\x11\0\0" IPV4_ADDRESSES UDP),
	 PACKET_IPV4_PORTS, 17, 0x0800, NONE, 1234, 53, 1},
	{"later fragment",
	 FRAME(MACS "\x08\x00" IPV4_START "\x00\xb9\x40\x11\0\0" IPV4_ADDRESSES UDP), PACKET_IPV4,
	 17, 0x0800, NONE, 0, 0, 1},
	{"one tag",
	 FRAME(MACS "\x81\x00\xe0\x05\x08\x00" IPV4_START "\0\0\x40\x11\0\0" IPV4_ADDRESSES UDP),
	 PACKET_IPV4_PORTS, 17, 0x0800, 5, 1234, 53, 0},
	{"two tags, the outer one counts",
	 FRAME(MACS "\x88\xa8\x0f\xff\x81\x00\x00\x05\x08\x00" IPV4_START
		    "\0\0\x40\x11\0\0" IPV4_ADDRESSES UDP),
	 PACKET_IPV4_PORTS, 17, 0x0800, 4095, 1234, 53, 0},
	{"9100", FRAME(MACS "\x91\x00\x00\x07\x08\x06"), PACKET_OTHER, 0, 0x0806, 7, 0, 0, 0},
	{"three tags: the third is the type",
	 FRAME(MACS "\x81\x00\x00\x01\x81\x00\x00\x02\x81\x00\x00\x03\x08\x00" IPV4_START
		    "\0\0\x40\x11\0\0" IPV4_ADDRESSES UDP),
	 PACKET_OTHER, 0, 0x8100, 1, 0, 0, 0},
	{"tag cut before its identifier", FRAME(MACS "\x81\x00\x00"), PACKET_OTHER, 0, 0x8100, NONE,
	 0, 0, 0},
	{"tag cut before its type", FRAME(MACS "\x81\x00\x00\x09\x08"), PACKET_RUNT, 0, 0, 9, 0, 0,
	 0},
	{"ipv6 udp", FRAME(MACS "\x86\xdd" IPV6_START "\x11\x40" IPV6_ADDRESSES UDP),
	 PACKET_IPV6_PORTS, 17, 0x86dd, NONE, 1234, 53, 0},
	{"ipv6 cut", FRAME(MACS "\x86\xdd" IPV6_START "\x11\x40"), PACKET_OTHER, 0, 0x86dd, NONE, 0,
	 0, 0},
	{"no next header", FRAME(MACS "\x86\xdd" IPV6_START "\x3b\x40" IPV6_ADDRESSES), PACKET_IPV6,
	 59, 0x86dd, NONE, 0, 0, 0},
	{"esp", FRAME(MACS "\x86\xdd" IPV6_START "\x32\x40" IPV6_ADDRESSES UDP), PACKET_IPV6, 50,
	 0x86dd, NONE, 0, 0, 0},
	{"hop-by-hop, destination, routing",
	 FRAME(MACS "\x86\xdd" IPV6_START "\x00\x40" IPV6_ADDRESSES "\x3c\0\0\0\0\0\0\0"
		    "\x2b\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		    "\x06\0\0\0\0\0\0\0" PORTS),
	 PACKET_IPV6_PORTS, 6, 0x86dd, NONE, 1234, 53, 0},
	{"authentication, in units of four",
	 FRAME(MACS "\x86\xdd" IPV6_START "\x33\x40" IPV6_ADDRESSES
		    "\x11\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0" UDP),
	 PACKET_IPV6_PORTS, 17, 0x86dd, NONE, 1234, 53, 0},
	{"mobility, hip, shim6",
	 FRAME(MACS "\x86\xdd" IPV6_START "\x87\x40" IPV6_ADDRESSES "\x8b\0\0\0\0\0\0\0"
		    "\x8c\0\0\0\0\0\0\0"
		    "\x11\0\0\0\0\0\0\0" UDP),
	 PACKET_IPV6_PORTS, 17, 0x86dd, NONE, 1234, 53, 0},
	{"first fragment",
	 FRAME(MACS "\x86\xdd" IPV6_START "\x2c\x40" IPV6_ADDRESSES "\x11\0\0\x01\0\0\0\x09" UDP),
	 PACKET_IPV6_PORTS, 17, 0x86dd, NONE, 1234, 53, 1},
	{"atomic fragment",
	 FRAME(MACS "\x86\xdd" IPV6_START "\x2c\x40" IPV6_ADDRESSES "\x11\0\0\0\0\0\0\x09" UDP),
	 PACKET_IPV6_PORTS, 17, 0x86dd, NONE, 1234, 53, 0},
	{"later fragment names what it names, an extension too",
	 FRAME(MACS "\x86\xdd" IPV6_START "\x2c\x40" IPV6_ADDRESSES "\x3c\0\0\xb9\0\0\0\x09" UDP),
	 PACKET_IPV6, 60, 0x86dd, NONE, 0, 0, 1},
	{"chain cut", FRAME(MACS "\x86\xdd" IPV6_START "\x00\x40" IPV6_ADDRESSES "\x11\0\0\0"),
	 PACKET_IPV6_BARE, 0, 0x86dd, NONE, 0, 0, 0},
	{"extension longer than the frame",
	 FRAME(MACS "\x86\xdd" IPV6_START "\x00\x40" IPV6_ADDRESSES "\x11\xff\0\0\0\0\0\0"),
	 PACKET_IPV6, 17, 0x86dd, NONE, 0, 0, 0},
};

static void
check(const struct row *row, const struct packet_view *view)
{
	int vlan = row->vlan == NONE ? NONE : rte_be_to_cpu_16(view->vlan);

	if (view->kind != row->kind || view->protocol != row->protocol ||
	    rte_be_to_cpu_16(view->ether_type) != row->ether_type || vlan != row->vlan ||
	    (row->vlan == NONE) != (view->vlan == NONE) ||
	    rte_be_to_cpu_16(view->src_port) != row->src_port ||
	    rte_be_to_cpu_16(view->dst_port) != row->dst_port || view->fragment != row->fragment ||
	    rte_be_to_cpu_16(view->in_port) != 3)
		fail_msg("%s: kind %u protocol %u type %04x vlan %u ports %u %u fragment %u",
			 row->what, view->kind, view->protocol, rte_be_to_cpu_16(view->ether_type),
			 rte_be_to_cpu_16(view->vlan), rte_be_to_cpu_16(view->src_port),
			 rte_be_to_cpu_16(view->dst_port), view->fragment);
	if (view->kind == PACKET_IPV4 || view->kind == PACKET_IPV4_PORTS)
		assert_memory_equal(&view->src4, IPV4_ADDRESSES, 8);
	if (view->kind >= PACKET_IPV6_BARE)
		assert_memory_equal(view->src6, IPV6_ADDRESSES, 32);
}

static void
parses_each_frame(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* Of its exact size, so that the sanitizers see a byte read too many. */
		uint8_t *frame = malloc(rows[i].length + !rows[i].length);
		struct rte_mbuf packet, *burst[1] = {&packet};
		struct packet_view view;

		memcpy(frame, rows[i].frame, rows[i].length);
		fake_mbuf(&packet, frame, rows[i].length);
		memset(&view, 0xa5, sizeof(view));
		packet_parse(burst, 1, 3, &view);
		check(&rows[i], &view);
		free(frame);
	}
}

static void
segments_make_no_difference(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint32_t cut = 0; cut <= rows[i].length; cut++) {
			struct rte_mbuf segments[2], *burst[1] = {segments};
			struct packet_view view;

			fake_mbuf_chain(segments, 2, (const uint8_t *)rows[i].frame, &cut,
					rows[i].length);
			packet_parse(burst, 1, 3, &view);
			check(&rows[i], &view);
		}
	}
}

static uint32_t
hash_of(const char *frame, size_t length)
{
	struct rte_mbuf packet, *burst[1] = {&packet};
	struct packet_view view;

	fake_mbuf(&packet, (const uint8_t *)frame, length);
	packet_parse(burst, 1, 0, &view);
	return packet_flow_hash(&packet, &view);
}

static void
flow_hash_is_symmetric(void **state)
{
	uint32_t one = hash_of(FRAME(MACS "\x08\x00" IPV4_START "\0\0\x40\x11\0\0"
					  "\x0a\0\0\x01\x0a\0\0\x02"
					  "\0\x01\0\x02\0\0\0\0"));
	uint32_t back = hash_of(FRAME(MACS "\x08\x00" IPV4_START "\0\0\x40\x11\0\0"
					   "\x0a\0\0\x02\x0a\0\0\x01"
					   "\0\x02\0\x01\0\0\0\0"));
	uint32_t crossed = hash_of(FRAME(MACS "\x08\x00" IPV4_START "\0\0\x40\x11\0\0"
					      "\x0a\0\0\x01\x0a\0\0\x02"
					      "\0\x02\0\x01\0\0\0\0"));

	assert_int_equal(one, back);
	assert_int_not_equal(one, crossed);
}

static void
fragments_hash_alike(void **state)
{
	uint32_t first =
		hash_of(FRAME(MACS "\x08\x00" IPV4_START "\x20\0\x40\x11\0\0" IPV4_ADDRESSES UDP));
	uint32_t later =
		hash_of(FRAME(MACS "\x08\x00" IPV4_START "\0\xb9\x40\x11\0\0" IPV4_ADDRESSES UDP));

	assert_int_equal(first, later);
}

static void
flow_hash_spreads(void **state)
{
	char frame[] = MACS "\x08\x00" IPV4_START "\0\0\x40\x11\0\0" IPV4_ADDRESSES UDP;
	unsigned members[7] = {0};

	for (unsigned port = 0; port < 7000; port++) {
		frame[34] = port >> 8;
		frame[35] = port & 0xff;
		members[(uint64_t)hash_of(frame, sizeof(frame) - 1) * 7 >> 32]++;
	}
	for (unsigned i = 0; i < 7; i++)
		assert_in_range(members[i], 850, 1150);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_each_frame),
		cmocka_unit_test(segments_make_no_difference),
		cmocka_unit_test(flow_hash_is_symmetric),
		cmocka_unit_test(fragments_hash_alike),
		cmocka_unit_test(flow_hash_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
