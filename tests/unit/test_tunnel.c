/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tunnels: frames with each, whole, cut at each byte, and in two segments with the border at each byte. A tunnel is there from
 * the first byte of a packet in it on, or the last one of a frame's header.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <rte_byteorder.h>

#include "fake_mbuf.h"
#include "packet/tunnel.h"
#include "packet/view.h"

#include "core/banned.h"

#define FRAME_MAX 512

#define MACS "020000000001 020000000002 "
#define ETHER MACS "0800 "
#define ETHER6 MACS "86dd "
#define IP_START "4500 0080 0007 0000 40"
#define ADDRESSES " 0000 0a010203 0a090807 "
#define IP(protocol) IP_START protocol ADDRESSES
#define IP6(protocol)              \
	"6000 0000 0080 " protocol \
	"40 20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define UDP(port) IP("11") "c000 " port " 0040 0000 "
#define INNER_MACS "020000000011 020000000012 "
/* What is inside: from 192.168.0.1, port 1000, to 192.168.0.2, port 53. */
#define PACKET "4500 0020 0001 0000 4011 0000 c0a80001 c0a80002 03e8 0035 000c 0000 61626364"
#define INNER INNER_MACS "0800 " PACKET

struct row {
	const char *what, *frame;
	enum tunnel_kind kind;
	int64_t id;          /* -1: none */
	unsigned offset;     /* of what is inside */
	uint16_t ether_type; /* 0: a frame */
};

static const struct row rows[] = {
	{"VXLAN", ETHER UDP("12b5") "08000000 12345600 " INNER, TUNNEL_VXLAN, 0x123456, 50, 0},
	{"VXLAN with another source port and options of IP",
	 ETHER "4600 0080 0007 0000 4011" ADDRESSES "01010101 1000 12b5 0040 0000 08000000 "
	       "00000100 " INNER,
	 TUNNEL_VXLAN, 1, 54, 0},
	{"VXLAN behind two tags, over IPv6",
	 MACS "88a8 0001 8100 0002 86dd " IP6("11") "c000 12b5 0040 0000 ffffffff ffffffff " INNER,
	 TUNNEL_VXLAN, 0xffffff, 78, 0},
	{"VXLAN behind an extension header",
	 ETHER6 IP6("3c") "1100 000000000000 c000 12b5 0040 0000 08000000 00000100 " INNER,
	 TUNNEL_VXLAN, 1, 78, 0},
	{"VXLAN without its flag", ETHER UDP("12b5") "00000000 12345600 " INNER},
	{"VXLAN's first fragment",
	 ETHER "4500 0080 0007 2000 4011" ADDRESSES "c000 12b5 0040 0000 08000000 00000100 " INNER,
	 TUNNEL_VXLAN, 1, 50, 0},
	{"VXLAN's later fragment",
	 ETHER "4500 0080 0007 0001 4011" ADDRESSES "c000 12b5 0040 0000 08000000 00000100 " INNER},
	{"VXLAN's port as a source", ETHER IP("11") "12b5 1000 0040 0000 08000000 00000100 " INNER},
	{"TCP to VXLAN's port", ETHER IP("06") "c000 12b5 0040 0000 08000000 00000100 " INNER},
	{"Geneve with a frame and options",
	 ETHER UDP("17c1") "0200 6558 00000700 00000000 00000000 " INNER, TUNNEL_GENEVE, 7, 58, 0},
	{"Geneve with IPv6",
	 ETHER UDP("17c1") "0000 86dd ffffff00 6000 0000 000c 11 40 "
			   "20010db8000000000000000000000001",
	 TUNNEL_GENEVE, 0xffffff, 50, 0x86dd},
	{"Geneve of another version", ETHER UDP("17c1") "4000 6558 00000700 " INNER},
	{"GRE with IP", ETHER IP("2f") "0000 0800 " PACKET, TUNNEL_GRE, -1, 38, 0x0800},
	{"GRE with a checksum and a key", ETHER IP("2f") "a000 6558 12340000 89abcdef " INNER,
	 TUNNEL_GRE, 0x89abcdef, 46, 0},
	{"GRE with a sequence alone", ETHER IP("2f") "1000 6558 00000009 " INNER, TUNNEL_GRE, -1,
	 42, 0},
	{"GRE with everything, over IPv6",
	 ETHER6 IP6("2f") "b000 86dd 12340000 00000009 00000001 6000", TUNNEL_GRE, 9, 70, 0x86dd},
	{"GRE with labels", ETHER IP("2f") "0000 8847 00010140 " PACKET, TUNNEL_GRE, -1, 38,
	 0x8847},
	{"GRE that routes", ETHER IP("2f") "4000 0800 00000000 " PACKET},
	{"PPTP's GRE", ETHER IP("2f") "3001 880b 00000000 00000000 " PACKET},
	{"GRE that keeps alive", ETHER IP("2f") "0000 0000 " PACKET},
	{"ERSPAN I", ETHER IP("2f") "0000 88be " INNER, TUNNEL_ERSPAN, -1, 38, 0},
	{"ERSPAN II", ETHER IP("2f") "1000 88be 00000001 1005 fbff 00000000 " INNER, TUNNEL_ERSPAN,
	 0x3ff, 50, 0},
	{"ERSPAN II that says it is III",
	 ETHER IP("2f") "1000 88be 00000001 2005 03ff 00000000 " INNER},
	{"ERSPAN III", ETHER IP("2f") "1000 22eb 00000001 2000 0007 00000000 0000 8000 " INNER,
	 TUNNEL_ERSPAN, 7, 54, 0},
	{"ERSPAN III with more",
	 ETHER IP("2f") "1000 22eb 00000001 2000 0007 00000000 0000 8001 0000000000000000 " INNER,
	 TUNNEL_ERSPAN, 7, 62, 0},
	{"ERSPAN III with IP",
	 ETHER IP("2f") "1000 22eb 00000001 2000 0007 00000000 0000 0800 " PACKET, TUNNEL_ERSPAN, 7,
	 54, 0x0800},
	{"ERSPAN III with who knows what",
	 ETHER IP("2f") "1000 22eb 00000001 2000 0007 00000000 0000 0c00 " INNER},
	{"GTP-U", ETHER UDP("0868") "30ff 0024 fedcba98 " PACKET, TUNNEL_GTP_U, 0xfedcba98, 50,
	 0x0800},
	{"GTP-U with a sequence", ETHER UDP("0868") "32ff 0028 00000001 0009 00 00 " PACKET,
	 TUNNEL_GTP_U, 1, 54, 0x0800},
	{"GTP-U with extensions",
	 ETHER UDP("0868") "34ff 0034 00000001 0000 00 85 01 1009 c0 02 000000000000 00 " PACKET,
	 TUNNEL_GTP_U, 1, 66, 0x0800},
	{"GTP-U with an extension of no length",
	 ETHER UDP("0868") "34ff 0034 00000001 0000 00 85 00 1009 00 " PACKET},
	{"GTP-U's echo", ETHER UDP("0868") "3201 0004 00000000 00010000"},
	{"GTP prime", ETHER UDP("0868") "20ff 0024 fedcba98 " PACKET},
	{"GTP-U without IP", ETHER UDP("0868") "30ff 0004 00000001 0000 0000"},
	{"IP in IP", ETHER IP("04") PACKET, TUNNEL_IPIP, -1, 34, 0x0800},
	{"IPv6 in IP", ETHER IP("29") "6000 0000 0000", TUNNEL_IPIP, -1, 34, 0x86dd},
	{"IP in IPv6", ETHER6 IP6("04") PACKET, TUNNEL_IPIP, -1, 54, 0x0800},
	{"IPv6 in IPv6", ETHER6 IP6("29") "6000", TUNNEL_IPIP, -1, 54, 0x86dd},
	{"IPv6 that says it is IP", ETHER IP("04") "6000 0000 0000"},
	{"labels", MACS "8847 12345040 00020140 " PACKET, TUNNEL_MPLS, 0x12345, 22, 0x0800},
	{"labels behind a tag", MACS "8100 0009 8848 fffff140 6000 0000", TUNNEL_MPLS, 0xfffff, 22,
	 0x86dd},
	{"labels behind two", MACS "88a8 0009 8100 0008 8847 00010140 6000 0000", TUNNEL_MPLS, 16,
	 26, 0x86dd},
	{"labels and a control word", MACS "8847 00010140 00000001 " INNER, TUNNEL_MPLS, 16, 22, 0},
	{"labels before a frame", MACS "8847 00010140 " INNER, TUNNEL_MPLS, 16, 18, 0},
	{"labels before a frame to 43:...", MACS "8847 00010140 43" INNER, TUNNEL_MPLS, 16, 18, 0},
	{"a channel", MACS "8847 00010140 10000021 " INNER},
	{"labels without an end", MACS "8847 00010040 00010040"},
	{"PPPoE", MACS "8864 1100 0001 0022 0021 " PACKET, TUNNEL_PPPOE, -1, 22, 0x0800},
	{"PPPoE's negotiation", MACS "8864 1100 0001 0022 c021 " PACKET},
	{"a packet", ETHER PACKET},
	{"ARP", MACS "0806 0001 0800 0604 0001"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static uint32_t
read_hex(const char *hex, uint8_t frame[FRAME_MAX])
{
	uint32_t digits = 0;

	memset(frame, 0, FRAME_MAX);
	for (; *hex; hex++) {
		const char digit[2] = {*hex};

		if (isxdigit((unsigned char)*hex))
			frame[digits / 2] |= strtoul(digit, NULL, 16) << (digits % 2 ? 0 : 4);
		digits += isxdigit((unsigned char)*hex) != 0;
	}
	assert_int_equal(digits % 2, 0);
	return digits / 2;
}

/* As those do who have a view: PPPoE is none to them. Whatever the buffer ends with is not the frame's. */
static bool
look(const uint8_t *frame, uint32_t length, uint32_t cut, struct tunnel *tunnel,
     struct packet_view *inner)
{
	struct rte_mbuf segments[2], *packet = segments;
	struct packet_view view;
	uint8_t *exact = malloc(length + 1);
	bool found;

	memcpy(exact, frame, length);
	if (cut)
		fake_mbuf_chain(segments, 2, exact, &cut, length);
	else
		fake_mbuf(segments, exact, length);
	packet_parse(&packet, 1, 1, &view);
	found = tunnel_look(packet, &view, NULL, tunnel, inner);
	if (found && !cut)
		assert_true(tunnel_may_be(exact, length));
	if (found)
		assert_true(tunnel_kinds(&view) >> tunnel->kind & 1);
	free(exact);
	return found;
}

/* The bytes without which a tunnel is none. */
static uint32_t
least(const struct row *row)
{
	return row->offset + (row->ether_type ? 1 : 14);
}

static void
check(const struct row *row, bool found, const struct tunnel *tunnel, uint32_t length)
{
	bool wanted = row->kind != TUNNEL_NONE && row->kind != TUNNEL_PPPOE && length >= least(row);

	if (found != wanted)
		print_error("%s, %u bytes\n", row->what, length);
	assert_int_equal(found, wanted);
	assert_int_equal(tunnel->kind, wanted ? row->kind : TUNNEL_NONE);
	if (!wanted)
		return;
	if (tunnel->offset != row->offset)
		print_error("%s, %u bytes\n", row->what, length);
	assert_int_equal(tunnel->offset, row->offset);
	assert_int_equal(tunnel->ether_type, row->ether_type);
	assert_int_equal(tunnel->numbered, row->id >= 0);
	assert_int_equal(tunnel->id, row->id >= 0 ? row->id : 0);
}

static void
tunnels_are_found(void **state)
{
	for (const struct row *row = rows; row < rows + ROWS; row++) {
		uint8_t frame[FRAME_MAX];
		uint32_t length = read_hex(row->frame, frame);

		for (uint32_t end = 0; end <= length; end++) {
			struct packet_view inner;
			struct tunnel tunnel;

			check(row, look(frame, end, 0, &tunnel, &inner), &tunnel, end);
		}
		for (uint32_t cut = 14; cut < length; cut++) {
			struct packet_view inner;
			struct tunnel tunnel;

			check(row, look(frame, length, cut, &tunnel, &inner), &tunnel, length);
		}
	}
}

static void
what_is_inside_is_parsed(void **state)
{
	unsigned seen = 0;

	for (const struct row *row = rows; row < rows + ROWS; row++) {
		uint8_t frame[FRAME_MAX];
		uint32_t length = read_hex(row->frame, frame), at;
		struct packet_view inner;
		struct tunnel tunnel;

		if (!look(frame, length, 0, &tunnel, &inner) || row->ether_type == 0x8847)
			continue;
		at = row->offset + (row->ether_type ? 0 : 14);
		if (length < at + 24 || frame[at] != 0x45)
			continue;
		seen++;
		assert_int_equal(inner.kind, PACKET_IPV4_PORTS);
		assert_int_equal(inner.l3_offset, at);
		assert_int_equal(inner.vlan, PACKET_NO_VLAN);
		assert_int_equal(inner.src4, RTE_BE32(0xc0a80001));
		assert_int_equal(inner.dst_port, RTE_BE16(53));
	}
	assert_true(seen > 15);
}

/* In labels, in GRE, in IP: a tunnel in a tunnel in a tunnel. */
static void
tunnels_are_in_tunnels(void **state)
{
	static const uint8_t kinds[] = {TUNNEL_GRE, TUNNEL_MPLS, TUNNEL_VXLAN, TUNNEL_MPLS,
					TUNNEL_NONE};
	uint8_t frame[FRAME_MAX];
	uint32_t length = read_hex(
		ETHER IP("2f") "0000 8847 00010140 " UDP("12b5") "08000000 00000700 " INNER_MACS
								 "8100 0001 8847 00020140 " PACKET,
		frame);
	struct rte_mbuf mbuf, *packet = &mbuf;
	struct packet_view views[2];
	struct tunnel tunnels[2];

	fake_mbuf(packet, frame, length);
	packet_parse(&packet, 1, 1, &views[0]);
	for (unsigned i = 0; i < sizeof(kinds); i++) {
		const struct tunnel *around = i ? &tunnels[(i + 1) % 2] : NULL;
		bool found = tunnel_look(packet, &views[i % 2], around, &tunnels[i % 2],
					 &views[(i + 1) % 2]);

		assert_int_equal(found, kinds[i] != TUNNEL_NONE);
		assert_int_equal(tunnels[i % 2].kind, kinds[i]);
	}
	assert_int_equal(tunnels[1].id, 32);
	assert_int_equal(views[0].dst_port, RTE_BE16(53));
}

/* Where IP's header ends is said, so that the same bytes are read of a frame that begins later, and of one that ends before. */
static void
frames_have_ends_of_their_own(void **state)
{
	uint8_t frame[FRAME_MAX];
	uint32_t length = read_hex("ffff " ETHER UDP("12b5") "08000000 00000700 " INNER, frame);
	struct rte_mbuf packet;
	struct tunnel_outside outside = {.packet = &packet,
					 .end = length,
					 .link = 16,
					 .transport = 36,
					 .ether_type = 0x0800,
					 .protocol = 17};
	struct tunnel tunnel;

	fake_mbuf(&packet, frame, length);
	assert_true(tunnel_find(&outside, &tunnel));
	assert_int_equal(tunnel.offset, 52);
	outside.end = 66;
	assert_true(tunnel_find(&outside, &tunnel));
	outside.end = 65;
	assert_false(tunnel_find(&outside, &tunnel));
}

static uint32_t
hash_of(const char *hex)
{
	uint8_t frame[FRAME_MAX];
	uint32_t length = read_hex(hex, frame);
	struct rte_mbuf mbuf, *packet = &mbuf;
	struct packet_view view, inner;
	struct tunnel tunnel;

	fake_mbuf(packet, frame, length);
	packet_parse(&packet, 1, 1, &view);
	if (!tunnel_look(packet, &view, NULL, &tunnel, &inner))
		return packet_flow_hash(packet, &view);
	return tunnel_flow_hash(packet, &view, &tunnel, &inner);
}

static void
flows_inside_have_a_hash(void **state)
{
	uint32_t bare = hash_of(ETHER PACKET);

	/* Whatever is around it, and in both directions. */
	assert_int_equal(hash_of(ETHER UDP("12b5") "08000000 12345600 " INNER), bare);
	assert_int_equal(hash_of(ETHER6 IP6("04") PACKET), bare);
	assert_int_equal(hash_of(ETHER IP("2f") "0000 0800 4500 0020 0001 0000 4011 0000 c0a80002 "
						"c0a80001 0035 03e8 000c 0000"),
			 bare);
	assert_int_not_equal(
		hash_of(ETHER IP("2f") "0000 0800 4500 0020 0001 0000 4011 0000 c0a80002 "
				       "c0a80001 0035 03e9 000c 0000"),
		bare);
	/* Frames without IP by their addresses, packets by what is around them. */
	assert_int_equal(hash_of(ETHER IP("2f") "0000 6558 " INNER_MACS "0806 0001"),
			 hash_of(INNER_MACS "0806 0001"));
	assert_int_equal(hash_of(ETHER IP("2f") "0000 8847 00010140"), hash_of(ETHER IP("2f")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnels_are_found),
		cmocka_unit_test(what_is_inside_is_parsed),
		cmocka_unit_test(tunnels_are_in_tunnels),
		cmocka_unit_test(frames_have_ends_of_their_own),
		cmocka_unit_test(flows_inside_have_a_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
