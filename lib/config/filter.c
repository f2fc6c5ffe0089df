/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/expression.h"
#include "config/reader.h"

#include "core/banned.h"

/* libpcap's time grows with the cube of a program's length: "port 1 or port 2 or ..." takes 0.1 s
 * for 100 ports, 10 s for 400 and minutes for 1,300. Before it optimises the length is known, and
 * its way there, which grows with the square, is bounded by that of the text. */
#define FILTER_BYTES_MAX 4096
#define FILTER_INSTRUCTIONS_MAX 8192

static bool
open_pcap(struct reader *reader)
{
	if (!reader->pcap)
		reader->pcap = pcap_open_dead(DLT_EN10MB, EXPRESSION_SNAP);
	if (!reader->pcap)
		reader->no_memory = true;
	return reader->pcap != NULL;
}

/* Compiles the filter without making it better, to see how long that would take. */
static bool
try_length(struct reader *reader, const struct spot *spot, const char *text, const char *shorter)
{
	struct bpf_program program;
	unsigned length;

	if (pcap_compile(reader->pcap, &program, text, 0, 0) < 0) {
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

/* Compiles the filter as it is when it runs. */
static bool
try_filter(struct reader *reader, const struct spot *spot, const char *text)
{
	struct bpf_program program;
	char message[PCAP_ERRBUF_SIZE];

	if (expression_compile(text, &program, message, sizeof(message)) < 0) {
		reader_error(reader, spot, "filter: %s; see pcap-filter(7)", message);
		return false;
	}
	pcap_freecode(&program);
	return true;
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
	if (!try_length(reader, spot, text, shorter) || !try_filter(reader, spot, text))
		return NULL;
	return reader_copy(reader, text);
}
