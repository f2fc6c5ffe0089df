/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tests of capture files assert of any of them: the records that are expected, the same ones in pieces
 * and in every shorter file, and libpcap's opinion.
 */
#ifndef TESTS_FORMAT_KIT_H
#define TESTS_FORMAT_KIT_H

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

#include "format_image.h"
#include "format_parse.h"

struct expected {
	uint64_t time_ns;
	uint32_t length, wire_length;
	uint8_t first; /* the packet's first byte */
};

static inline void
assert_records(const struct image *image, const struct parsed *parsed,
	       const struct expected *expected, unsigned count)
{
	assert_int_equal(parsed->count, count);
	for (unsigned i = 0; i < count; i++) {
		const struct format_record *record = &parsed->records[i];

		assert_int_equal(record->time_ns, expected[i].time_ns);
		assert_int_equal(record->length, expected[i].length);
		assert_int_equal(record->wire_length, expected[i].wire_length);
		if (record->length)
			assert_int_equal(image->bytes[record->offset], expected[i].first);
	}
}

/* Pieces of every size up to 300 bytes, and some above. */
static inline void
assert_pieces_agree(const struct image *image)
{
	struct parsed whole = parse(image->bytes, image->size, 0);

	for (size_t step = 1; step < 2 * image->size; step += step < 300 ? 1 : step) {
		struct parsed pieces = parse(image->bytes, image->size, step);

		assert_true(agree(&whole, &pieces));
		parsed_free(&pieces);
	}
	parsed_free(&whole);
}

/* A file cut anywhere gives the records before the cut, and then its end or -ENODATA. */
static inline void
assert_cuts_agree(const struct image *image)
{
	struct parsed whole = parse(image->bytes, image->size, 0);

	for (size_t size = 0; size < image->size; size++) {
		struct parsed cut = parse(image->bytes, size, 0);
		struct parsed pieces = parse(image->bytes, size, 7);

		assert_true(cut.count <= whole.count);
		assert_true(same_records(&cut, &whole, cut.count));
		assert_true(agree(&cut, &pieces));
		if (cut.ret == -ENODATA)
			assert_non_null(strstr(cut.reason, "the file "));
		else if (cut.ret == 0 && cut.count < whole.count)
			assert_true(whole.records[cut.count].offset > size);
		parsed_free(&cut);
		parsed_free(&pieces);
	}
	parsed_free(&whole);
}

static inline void
assert_good(const struct image *image, const struct expected *expected, unsigned count)
{
	struct parsed parsed = parse(image->bytes, image->size, 0);

	assert_int_equal(parsed.ret, 0);
	assert_int_equal(parsed.at, image->size);
	assert_records(image, &parsed, expected, count);
	parsed_free(&parsed);
	assert_pieces_agree(image);
	assert_cuts_agree(image);
}

static inline void
assert_fails(const struct image *image, int ret, unsigned count, const char *reason)
{
	struct parsed parsed = parse(image->bytes, image->size, 0);

	assert_string_equal(parsed.reason, reason);
	assert_int_equal(parsed.ret, ret);
	assert_int_equal(parsed.count, count);
	parsed_free(&parsed);
	assert_pieces_agree(image);
}

static inline uint64_t
libpcap_ns(const struct pcap_pkthdr *header)
{
	int64_t seconds = header->ts.tv_sec;

	/* A pcap file's unsigned seconds come out signed. */
	if (seconds < 0)
		seconds += 1ll << 32;
	return (uint64_t)seconds * 1000000000 + header->ts.tv_usec;
}

/* Compares with libpcap record by record, and closes it. Both must come to an end, or neither: libpcap
 * refuses an interface that is not Ethernet before any packet of it. */
static inline void
assert_as_libpcap(pcap_t *pcap, const uint8_t *bytes, size_t size)
{
	struct parsed parsed = parse(bytes, size, 0);
	struct pcap_pkthdr *header;
	const u_char *packet;
	unsigned count = 0;
	int ret;

	while ((ret = pcap_next_ex(pcap, &header, &packet)) == 1) {
		const struct format_record *record = &parsed.records[count++];

		assert_true(count <= parsed.count);
		assert_int_equal(record->time_ns, libpcap_ns(header));
		assert_int_equal(record->length, header->caplen);
		assert_int_equal(record->wire_length, header->len);
		assert_memory_equal(bytes + record->offset, packet, header->caplen);
	}
	assert_int_equal(parsed.ret == 0, ret == PCAP_ERROR_BREAK);
	if (parsed.ret == 0)
		assert_int_equal(count, parsed.count);
	parsed_free(&parsed);
	pcap_close(pcap);
}

static inline void
assert_image_as_libpcap(struct image *image)
{
	char message[PCAP_ERRBUF_SIZE];
	FILE *file = fmemopen(image->bytes, image->size, "r");
	pcap_t *pcap =
		pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, message);

	assert_non_null(pcap);
	assert_as_libpcap(pcap, image->bytes, image->size);
}

#endif
