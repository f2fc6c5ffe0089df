/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/reader.h"

#include "core/banned.h"

/* tcpdump's own default; filters are compiled the same where they are run. */
#define FILTER_SNAP 262144
/* libpcap's optimiser takes more than the square of an expression's length. */
#define FILTER_BYTES_MAX 16384

static bool
open_pcap(struct reader *reader)
{
	if (!reader->pcap)
		reader->pcap = pcap_open_dead(DLT_EN10MB, FILTER_SNAP);
	if (!reader->pcap)
		reader->no_memory = true;
	return reader->pcap != NULL;
}

void
read_filter(struct reader *reader, const struct spot *spot, struct config_rule *rule)
{
	struct bpf_program program;
	const char *text;

	rule->filter_place = (struct config_place){spot->line, spot->column};
	if (!reader_text(reader, spot, "a pcap filter such as \"udp port 53\" (see pcap-filter(7))",
			 &text) ||
	    !open_pcap(reader))
		return;
	if (strlen(text) > FILTER_BYTES_MAX) {
		reader_error(
			reader, spot,
			"filter: %zu bytes are more than %d; split it over several rules, or put "
			"addresses and ports into match",
			strlen(text), FILTER_BYTES_MAX);
		return;
	}
	/* Netmask 0, as tcpdump gives it for a file. */
	if (pcap_compile(reader->pcap, &program, text, 1, 0) < 0) {
		reader_error(reader, spot, "filter: libpcap says: %s; see pcap-filter(7)",
			     pcap_geterr(reader->pcap));
		return;
	}
	pcap_freecode(&program);
	rule->filter = reader_copy(reader, text);
}
