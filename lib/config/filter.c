/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/reader.h"

#include "core/banned.h"

/* tcpdump's own default; filters are compiled the same where they are run. */
#define FILTER_SNAP 262144

/* libpcap's time grows with the cube of a program's length: "port 1 or port 2 or ..." takes 0.1 s for 100
 * ports, 10 s for 400 and minutes for 1,300. Before it optimises the length is known, and its way
 * there, which grows with the square, is bounded by that of the text. */
#define FILTER_BYTES_MAX 4096
#define FILTER_INSTRUCTIONS_MAX 8192

static bool
open_pcap(struct reader *reader)
{
	if (!reader->pcap)
		reader->pcap = pcap_open_dead(DLT_EN10MB, FILTER_SNAP);
	if (!reader->pcap)
		reader->no_memory = true;
	return reader->pcap != NULL;
}

/* Compiles the filter to see whether it can be. */
static bool
try_filter(struct reader *reader, const struct spot *spot, const char *text, const char *shorter,
	   bool optimise)
{
	struct bpf_program program;
	unsigned length;

	/* Netmask 0, as tcpdump gives it for a file. */
	if (pcap_compile(reader->pcap, &program, text, optimise, 0) < 0) {
		reader_error(reader, spot, "filter: libpcap says: %s; see pcap-filter(7)",
			     pcap_geterr(reader->pcap));
		return false;
	}
	length = program.bf_len;
	pcap_freecode(&program);
	if (length <= FILTER_INSTRUCTIONS_MAX)
		return true;
	reader_error(reader, spot, "filter: it makes %u instructions, more than %d; %s", length,
		     FILTER_INSTRUCTIONS_MAX, shorter);
	return false;
}

char *
read_filter(struct reader *reader, const struct spot *spot, const char *shorter)
{
	const char *text;

	if (!reader_text(reader, spot, "a pcap filter such as \"udp port 53\" (see pcap-filter(7))",
			 &text) ||
	    !open_pcap(reader))
		return NULL;
	if (strlen(text) > FILTER_BYTES_MAX) {
		reader_error(reader, spot, "filter: %zu bytes are more than %d; %s", strlen(text),
			     FILTER_BYTES_MAX, shorter);
		return NULL;
	}
	if (!try_filter(reader, spot, text, shorter, false) ||
	    !try_filter(reader, spot, text, shorter, true))
		return NULL;
	return reader_copy(reader, text);
}
