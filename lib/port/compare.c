/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <string.h>

#include "core/units.h"

#include "core/banned.h"

#define SHOWN_MAX 5

static pcap_t *
open_capture(const char *path, FILE *out)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *capture =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, reason);

	if (!capture)
		fprintf(out, "%s\n", reason);
	return capture;
}

/* 1: a packet, 0: the end, -1: an error, written to out. */
static int
next(pcap_t *capture, const char *path, struct pcap_pkthdr **header, const u_char **bytes,
     FILE *out)
{
	int ret = pcap_next_ex(capture, header, bytes);

	if (ret == PCAP_ERROR) {
		fprintf(out, "%s: %s\n", path, pcap_geterr(capture));
		return -1;
	}
	return ret == 1;
}

/* Writes how two packets differ, if they do and show is set. */
static bool
differ(const struct pcap_pkthdr *wanted, const u_char *wanted_bytes, const struct pcap_pkthdr *got,
       const u_char *got_bytes, unsigned long number, bool show, FILE *out)
{
	bpf_u_int32 shorter = wanted->caplen < got->caplen ? wanted->caplen : got->caplen;
	bpf_u_int32 at = 0;

	while (at < shorter && wanted_bytes[at] == got_bytes[at])
		at++;
	if (at < shorter) {
		if (show)
			fprintf(out, "packet %lu: byte %u is 0x%02x, expected 0x%02x\n", number, at,
				got_bytes[at], wanted_bytes[at]);
		return true;
	}
	if (wanted->caplen != got->caplen || wanted->len != got->len) {
		if (show)
			fprintf(out, "packet %lu: %u of %u bytes, expected %u of %u\n", number,
				got->caplen, got->len, wanted->caplen, wanted->len);
		return true;
	}
	if (wanted->ts.tv_sec != got->ts.tv_sec || wanted->ts.tv_usec != got->ts.tv_usec) {
		if (show)
			fprintf(out,
				"packet %lu: time %" PRId64 ".%09ld, expected %" PRId64 ".%09ld\n",
				number, (int64_t)got->ts.tv_sec, (long)got->ts.tv_usec,
				(int64_t)wanted->ts.tv_sec, (long)wanted->ts.tv_usec);
		return true;
	}
	return false;
}

static long
compare(pcap_t *wanted, const char *wanted_path, pcap_t *got, const char *got_path, FILE *out)
{
	struct pcap_pkthdr *wanted_header, *got_header;
	const u_char *wanted_bytes, *got_bytes;
	unsigned long number = 0, missing = 0, extra = 0;
	long differences = 0;

	for (;;) {
		int has_wanted = next(wanted, wanted_path, &wanted_header, &wanted_bytes, out);
		int has_got = next(got, got_path, &got_header, &got_bytes, out);

		if (has_wanted < 0 || has_got < 0)
			return -EIO;
		if (!has_wanted && !has_got)
			break;
		number++;
		missing += !has_got;
		extra += !has_wanted;
		if (has_wanted && has_got)
			differences += differ(wanted_header, wanted_bytes, got_header, got_bytes,
					      number, differences < SHOWN_MAX, out);
	}
	if (missing || extra)
		fprintf(out, "%lu packet%s, expected %lu\n", number - missing,
			units_plural(number - missing), number - extra);
	return differences + missing + extra;
}

long
capture_compare(const char *wanted_path, const char *got_path, FILE *out)
{
	pcap_t *wanted, *got;
	long differences;

	wanted = open_capture(wanted_path, out);
	if (!wanted)
		return -EIO;
	got = open_capture(got_path, out);
	if (!got) {
		pcap_close(wanted);
		return -EIO;
	}
	differences = compare(wanted, wanted_path, got, got_path, out);
	pcap_close(got);
	pcap_close(wanted);
	return differences;
}
