/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <rte_cycles.h>

#include "captures.h"
#include "classify/filter.h"
#include "eal.h"
#include "fake_mbuf.h"

#include "core/banned.h"

static struct captures captures;
static uint8_t scratch[EXPRESSION_SNAP];

/* What the expressions are meant to reach is grouped: primitives, link layers, arithmetic, what DPDK's
 * converter and JIT get wrong by themselves. */
static const char *const expressions[] = {
	"",
	"ip",
	"ip6",
	"arp",
	"tcp",
	"udp",
	"icmp",
	"icmp6",
	"sctp",
	"igmp",
	"ip proto 47",
	"ip6 proto 44",
	"not ip",
	"ether broadcast",
	"ether multicast",
	"ip broadcast",
	"ip multicast",
	"ip6 multicast",
	"ether proto 0x8100",
	"host 10.0.0.1",
	"net 192.168.0.0/16",
	"src net 10.0.0.0/8",
	"src net 10.0.0.0/8 and dst net 192.168.0.0/16",
	"not src net 10.0.0.0/8 and tcp",
	"ip6 host fe80::1",
	"ip6 net fe80::/10",
	"ip6 host 2001:db8::1 or ip6 host 2001:db8::2",
	"port 53",
	"src port 53",
	"dst port 445",
	"tcp port 80 or tcp port 443",
	"portrange 1000-2000",
	"udp portrange 0-1023",
	"not port 53 and not port 445",
	"vlan",
	"vlan 32",
	"vlan and ip",
	"vlan and tcp port 6000",
	"vlan and vlan",
	"vlan 10 or vlan 20 or vlan 32",
	"mpls",
	"pppoes",
	"pppoes and ip",
	"geneve",
	"len > 100",
	"len = 60",
	"len != 60 and len < 1000",
	"greater 200",
	"less 64",
	"greater 128 and less 512",
	"ip[6:2] & 0x1fff = 0",
	"ip[6:2] & 0x3fff != 0",
	"ip[0] & 0xf != 5",
	"ip[8] < 5",
	"ip[2:2] > 576",
	"tcp[tcpflags] & tcp-syn != 0",
	"tcp[tcpflags] & tcp-syn != 0 and not src net 10.0.0.0/8",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"tcp[tcpflags] == tcp-ack",
	"tcp[13] & 0x80 = 0",
	"tcp[13] = 0x18",
	"icmp[icmptype] = icmp-echo",
	"icmp[0] = 8 or icmp[0] = 0",
	"icmp6[0] = 128",
	"udp[4:2] > 100",
	"udp[8:4] & 0xff000000 = 0",
	"tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
	"tcp[((tcp[12] >> 2) & 0x3c):4] = 0x48545450",
	"ether[0] & 1 = 0",
	"ether[12:2] > 0x5dc",
	"ether[ether[0]] = 0",
	"ether[ether[14:4]] & 1 = 1",
	"ether[ether[14:4] + ether[18:4]] < 9",
	"ether[0x7ffffff0 + ether[0]] = 0",
	"ip[ip[2:2]] = 0",
	"ip[ip[2:2] - 1] & 1 = 1",
	"ip[0] * 4 + ip[1] - 3 > 200",
	"ip[2:2] / 7 > 10",
	"ip[2:2] % 7 = 3",
	"ip[2:2] / ip[1] > 3",
	"ip[2:2] % ip[8] = 1",
	"ip[0] << 3 = 552",
	"ip[4:2] << ip[8] > 100",
	"ip[12:4] >> ip[8] = 0",
	"ip[12:4] >> 31 = 1",
	"ip[12:4] ^ ip[16:4] < 65536",
	"ip[12:4] | 1 = ip[16:4]",
	"-ip[8] < 0xffffffc0",
	"ip[12:4] - ip[16:4] > 0x80000000",
	"ip[12:4] = 0xffffffff or ip[16:4] = 0xffffffff",
	"ip[16:4] & 0x80000000 != 0",
	"ip[16:4] & 0x7f != 0",
	"ip[16:4] & 0xffffff80 != 0",
	"ip[16:4] & 0x80 != 0",
	"ip[16:4] & 1 != 0",
	"ip6 protochain 6",
	"ip6 protochain 17",
	"ip protochain 6",
	"ip6[40] = 58",
	"ip6[6] = 44 and ip6[42:2] & 0xfff8 = 0",
	"ip6 src net 2000::/3 and tcp dst port 80",
	"ip6 host 2001:db8::1 or ip6 host 2001:db8::2 or ip6 host 2001:db8::3 or "
	"ip6 host 2001:db8::4 or ip6 host 2001:db8::5 or ip6 host fe80::1",
	"host 10.0.0.1 or host 10.0.0.2 or host 10.0.0.3 or host 10.0.0.4 or host 10.0.0.5 or "
	"host 10.0.0.6 or host 10.0.0.7 or host 10.0.0.8 or host 10.0.0.9 or host 10.0.0.10 or "
	"host 10.0.0.11 or host 10.0.0.12 or host 10.0.0.13 or host 10.0.0.14 or host 10.0.0.15",
	"ether host ff:ff:ff:ff:ff:ff",
	"ether src 00:00:00:00:00:00 or ether dst 01:00:00:00:00:00",
	"link[0] = 255",
	"inbound",
};

#define EXPRESSIONS (sizeof(expressions) / sizeof(expressions[0]))

static struct filter *
compile(const char *expression, enum filter_use use)
{
	char message[PCAP_ERRBUF_SIZE];
	struct filter *filter;

	if (filter_make(expression, use, &filter, message, sizeof(message)) < 0)
		return NULL;
	return filter;
}

/* tcpdump's count of a file, or -1 when it refuses the expression. */
static long
tcpdump_count(const char *file, const char *expression)
{
	char command[8192], line[256];
	FILE *pipe;
	long count = -1;

	snprintf(command, sizeof(command), "tcpdump -nn -r '%s' --count -- '%s' 2>/dev/null", file,
		 expression);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe))
		sscanf(line, "%ld packet", &count);
	pclose(pipe); /* fails too when a capture breaks off, after the count */
	return count;
}

static void
counts_what_tcpdump_counts(void **state)
{
	struct tally_copy copies = {0};

	if (system("tcpdump --version >/dev/null 2>&1") != 0)
		skip();
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		struct filter *filter = compile(expressions[i], FILTER_BEST);

		for (unsigned file = 0; file < captures.file_count; file++) {
			long wanted = tcpdump_count(captures.files[file], expressions[i]);
			long found = 0;

			if (!filter) {
				assert_int_equal(wanted, -1);
				continue;
			}
			for (unsigned j = 0; j < captures.count; j++) {
				const struct captured *packet = &captures.packets[j];
				struct rte_mbuf mbuf;

				if (packet->file != file)
					continue;
				fake_mbuf(&mbuf, packet->bytes, packet->length);
				found += filter_passes(filter, &mbuf, scratch, &copies);
			}
			if (found != wanted)
				fail_msg("%s: \"%s\" (%s) passes %ld, tcpdump counts %ld",
					 captures.files[file], expressions[i],
					 filter->code ? "jit" : "interpreter", found, wanted);
		}
		filter_free(filter);
	}
	assert_int_equal(copies.packets, 0);
}

/* The interpreter on the whole bytes is the reference. */
static void
check_segments(const struct filter *best, const struct filter *interpreted,
	       const struct captured *packet, unsigned pieces, const char *expression)
{
	struct rte_mbuf segments[4];
	uint32_t ends[4];
	struct tally_copy copies = {0};
	bool wanted = bpf_filter(interpreted->program.bf_insns, packet->bytes, packet->length,
				 packet->length) != 0;

	for (unsigned i = 0; i < 4; i++)
		ends[i] = rand() % (packet->length + 1);
	for (unsigned i = 1; i < 4; i++)
		ends[i] = ends[i] < ends[i - 1] ? ends[i - 1] : ends[i];
	fake_mbuf_chain(segments, pieces, packet->bytes, ends, packet->length);
	if (filter_passes(best, segments, scratch, &copies) != wanted ||
	    filter_passes(interpreted, segments, scratch, &copies) != wanted)
		fail_msg("\"%s\" of a packet of %u bytes in %u segments (%u %u %u)", expression,
			 packet->length, pieces, ends[0], ends[1], ends[2]);
	if (!best->code)
		return;
	assert_int_equal(copies.packets, pieces > 1 && packet->length > 0);
	assert_int_equal(copies.bytes, pieces > 1 ? packet->length : 0);
}

static void
segments_make_no_difference(void **state)
{
	srand(7);
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		struct filter *best = compile(expressions[i], FILTER_BEST);
		struct filter *interpreted = compile(expressions[i], FILTER_INTERPRETED);

		if (!best)
			continue;
		for (unsigned j = 0; j < captures.count; j += 1 + rand() % 16)
			check_segments(best, interpreted, &captures.packets[j], 1 + rand() % 4,
				       expressions[i]);
		filter_free(best);
		filter_free(interpreted);
	}
}

static bool
is_machine(const char *expression)
{
	struct filter *filter = compile(expression, FILTER_BEST);
	bool machine;

	assert_non_null(filter);
	machine = filter->code != NULL;
	filter_free(filter);
	return machine;
}

static void
common_filters_are_machine_code(void **state)
{
	assert_true(is_machine("tcp[tcpflags] & tcp-syn != 0 and not src net 10.0.0.0/8"));
	assert_true(is_machine("tcp port 80 or tcp port 443"));
	assert_true(is_machine("vlan and ip"));
	assert_true(is_machine("len > 100"));
	assert_true(is_machine("tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420"));
	assert_true(is_machine("ip6 net fe80::/10"));
}

/* A loop, and shifts by what a packet says. */
static void
others_are_interpreted(void **state)
{
	assert_false(is_machine("ip6 protochain 6"));
	assert_false(is_machine("ip[4:2] << ip[8] > 100"));
	assert_false(is_machine("ether[0xfffffffc] = 0"));
}

/* Filters whose paths are too many to walk: every one must be ready in a moment. */
static void
no_filter_takes_long(void **state)
{
	char expression[16384];
	double slowest = 0;

	for (unsigned hosts = 1; hosts <= 64; hosts++) {
		struct filter *filter;
		size_t at = 0;
		uint64_t start;
		double seconds;

		for (unsigned i = 0; i < hosts; i++)
			at += snprintf(expression + at, sizeof(expression) - at, "%s%s host %s%x",
				       i ? " or " : "", hosts % 2 ? "ip6" : "",
				       hosts % 2 ? "2001:db8::" : "10.0.0.", i % 10);
		start = rte_rdtsc();
		filter = compile(expression, FILTER_BEST);
		seconds = (double)(rte_rdtsc() - start) / rte_get_tsc_hz();
		if (seconds > slowest)
			slowest = seconds;
		assert_non_null(filter);
		filter_free(filter);
	}
	print_message("slowest filter: %.1f ms\n", slowest * 1000);
	assert_true(slowest < 5);
}

static void
bad_filters_say_why(void **state)
{
	char message[PCAP_ERRBUF_SIZE] = "";
	struct filter *filter = NULL;

	assert_true(filter_make("tcp portt 80", FILTER_BEST, &filter, message, sizeof(message)) <
		    0);
	assert_null(filter);
	assert_true(message[0] != '\0');
	assert_true(filter_make("outbound", FILTER_BEST, &filter, message, sizeof(message)) < 0);
}

static int
start(void **state)
{
	test_eal_start();
	captures_load(&captures);
	return 0;
}

static int
stop(void **state)
{
	captures_free(&captures);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_tcpdump_counts),
		cmocka_unit_test(segments_make_no_difference),
		cmocka_unit_test(common_filters_are_machine_code),
		cmocka_unit_test(others_are_interpreted),
		cmocka_unit_test(no_filter_takes_long),
		cmocka_unit_test(bad_filters_say_why),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
