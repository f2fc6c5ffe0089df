/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Variants of pcap: magic numbers, and what stands before packets. Some that put more there have
 * the magic number of those that do not: which it is shows in the first records, one of which must
 * fit behind the other.
 */
#ifndef FORMAT_VARIANT_H
#define FORMAT_VARIANT_H

#include "format/format.h"

#define FORMAT_VARIANT_HEADERS 3

struct format_variant {
	uint32_t magic;
	uint16_t time_unit;   /* as in struct format */
	uint8_t header_extra; /* bytes of the file's header behind those of pcap */
	/* Sizes of a record's header, the most common first; 0: no more. */
	uint8_t record_headers[FORMAT_VARIANT_HEADERS];
};

/* The variant that four bytes begin, and its byte order; or NULL. */
const struct format_variant *format_variant_find(struct format *format, const uint8_t *head);

/* The size of the record headers, by the first size bytes of records. */
unsigned format_variant_records(const struct format *format, const struct format_variant *variant,
				const uint8_t *records, size_t size);

/* What a record's header says of the packet's length in the file and on the wire. */
void format_variant_lengths(const struct format *format, const uint8_t *header, uint32_t *length,
			    uint32_t *wire_length);

#endif
