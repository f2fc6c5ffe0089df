/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters as machine code against libpcap's interpreter: an expression, then a packet cut into segments.
 * Input: one byte that says where the packet is cut, the expression, a zero byte, the packet.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/filter.h"

#include "../unit/eal.h"
#include "../unit/fake_mbuf.h"

#include "core/banned.h"

/* Longer ones make libpcap's optimizer take seconds. */
#define EXPRESSION_MAX 200

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	test_eal_start();
	return 0;
}

/* Names are looked up, which a fuzzer must not do. */
static int
asks_for_names(const char *expression)
{
	static const char *const safe[] = {
		"ip",      "ip6",    "tcp",       "udp",        "icmp",      "icmp6",    "sctp",
		"arp",     "and",    "or",        "not",        "src",       "dst",      "net",
		"host",    "port",   "ether",     "vlan",       "len",       "less",     "proto",
		"greater", "mpls",   "portrange", "x",          "a",         "b",        "c",
		"d",       "e",      "f",         "tcpflags",   "syn",       "mask",     "igmp",
		"rarp",    "pppoes", "link",      "protochain", "broadcast", "multicast"};

	while (*expression) {
		size_t length = strspn(expression, "abcdefghijklmnopqrstuvwxyz0123456789");
		unsigned i = 0, count = sizeof(safe) / sizeof(safe[0]);

		if (length == 0) {
			expression++;
			continue;
		}
		if (*expression >= 'a') {
			while (i < count && (strlen(safe[i]) != length ||
					     memcmp(safe[i], expression, length) != 0))
				i++;
			if (i == count)
				return 1;
		}
		expression += length;
	}
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t scratch[EXPRESSION_SNAP];
	char expression[EXPRESSION_MAX + 1], message[PCAP_ERRBUF_SIZE];
	struct tally_copy copies = {0};
	struct rte_mbuf whole, segments[2];
	struct filter *filter;
	const uint8_t *end;
	uint32_t cut, length;
	uint8_t *packet;
	bool wanted;

	if (size < 2)
		return 0;
	end = memchr(data + 1, 0, size - 1);
	if (!end || end - data - 1 > EXPRESSION_MAX)
		return 0;
	memcpy(expression, data + 1, end - data);
	if (asks_for_names(expression))
		return 0;
	if (filter_make(expression, FILTER_BEST, &filter, message, sizeof(message)) < 0)
		return 0;

	/* Of its exact size, so that the sanitizer sees a read beyond. */
	length = data + size - end - 1;
	packet = malloc(length + !length);
	memcpy(packet, end + 1, length);
	cut = data[0] < length ? data[0] : length;
	wanted = bpf_filter(filter->program.bf_insns, packet, length, length) != 0;
	fake_mbuf(&whole, packet, length);
	fake_mbuf_chain(segments, 2, packet, &cut, length);
	if (filter_passes(filter, &whole, scratch, &copies) != wanted ||
	    filter_passes(filter, segments, scratch, &copies) != wanted)
		abort();
	free(packet);
	filter_free(filter);
	return 0;
}
