/* SPDX-License-Identifier: BSD-3-Clause */
#include "format/variant.h"

#include "format/number.h"
#include "format/reason.h"

#include "core/banned.h"

#define MICRO 1000
#define NANO 1
#define PLAIN 16
/* Nokia's firewalls add 4 bytes of which nobody knows what they are. */
#define NOKIA 20
/* Kuznetzov's libpcap adds an interface, a protocol and a kind, and the one of SuSE 6.3 two CPUs as
 * well. */
#define KUZNETZOV 24
#define KUZNETZOV_CPU 28

/* So many records say which it is. */
#define FIT_RECORDS 3

static const struct format_variant variants[] = {
	{0xa1b2c3d4, MICRO, 0, {PLAIN, KUZNETZOV, NOKIA}},
	{0xa1b23c4d, NANO, 0, {PLAIN}},
	{0xa1b2cd34, MICRO, 0, {KUZNETZOV, KUZNETZOV_CPU}},
	/* IXIA's, of hardware and software: a pcap file with the length of all records in its
	 * header. */
	{0x1c0001ac, NANO, 4, {PLAIN}},
	{0x1c0001ab, MICRO, 4, {PLAIN}},
};

const struct format_variant *
format_variant_find(struct format *format, const uint8_t *head)
{
	for (unsigned i = 0; i < 2 * sizeof(variants) / sizeof(variants[0]); i++) {
		format->swapped = i % 2;
		if (format_get32(format, head) == variants[i / 2].magic)
			return &variants[i / 2];
	}
	format->swapped = false;
	return NULL;
}

void
format_variant_lengths(const struct format *format, const uint8_t *header, uint32_t *length,
		       uint32_t *wire_length)
{
	uint32_t first = format_get32(format, header + 8);
	uint32_t second = format_get32(format, header + 12);
	bool kept_first = format->lengths == FORMAT_KEPT_FIRST ||
			  (format->lengths == FORMAT_SHORTER_KEPT && first <= second);

	*length = kept_first ? first : second;
	*wire_length = kept_first ? second : first;
}

/* Whether these may be a record's header; what is right is more than what format_next lets pass. */
static bool
is_likely(const struct format *format, const uint8_t *header, uint32_t *length)
{
	uint32_t wire_length;

	format_variant_lengths(format, header, length, &wire_length);
	return format_get32(format, header + 4)<1000000000u / format->time_unit && * length> 0 &&
	       *length <= format_record_max(format->link_type) && *length <= wire_length;
}

enum fit { FITS_NOT, FITS, FITS_WELL };

/* Whether records with headers of this size are likely ones, as far as they are seen. One header
 * more may be likely by chance: what stands where a plain one would be looks like one 4 bytes
 * behind it. */
static enum fit
fit(const struct format *format, unsigned header_size, const uint8_t *records, size_t size)
{
	unsigned count = 0;
	size_t at = 0;

	while (at < size && size - at >= header_size) {
		uint32_t length;

		if (!is_likely(format, records + at, &length))
			return FITS_NOT;
		at += header_size + length;
		count++;
	}
	return count >= FIT_RECORDS || (count > 0 && at == size) ? FITS_WELL : FITS;
}

unsigned
format_variant_records(const struct format *format, const struct format_variant *variant,
		       const uint8_t *records, size_t size)
{
	const uint8_t *sizes = variant->record_headers;

	if (fit(format, sizes[0], records, size) != FITS_NOT)
		return sizes[0];
	for (unsigned i = 1; i < FORMAT_VARIANT_HEADERS && sizes[i]; i++) {
		if (fit(format, sizes[i], records, size) == FITS_WELL)
			return sizes[i];
	}
	return sizes[0];
}
