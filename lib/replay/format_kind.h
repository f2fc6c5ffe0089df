/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Format kinds: what format.c and the two kinds of capture files ask of each other. Bytes of a file may
 * lie at any address, so numbers are taken from them by copying.
 */
#ifndef REPLAY_FORMAT_KIND_H
#define REPLAY_FORMAT_KIND_H

#include <string.h>

#include "replay/format.h"

#define FORMAT_LINK_ETHERNET 1

/* The most that libpcap and Wireshark take for a record, and write; a length above it is damage. */
#define FORMAT_RECORD_MAX (256 * 1024)

static inline uint16_t
format_get16(const struct format *format, const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return format->swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t
format_get32(const struct format *format, const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return format->swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t
format_get64(const struct format *format, const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return format->swapped ? __builtin_bswap64(value) : value;
}

/* Writes the reason and returns ret. */
int format_fail(struct format *format, int ret, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* The reason for a link type other than Ethernet: "LEAD link type RAW (101), not Ethernet". */
int format_fail_link(struct format *format, int ret, const char *lead, unsigned link_type);

/* As format_begin, once the magic number is known. */
int format_pcap_begin(struct format *format, const uint8_t *head, size_t size);
int format_pcapng_begin(struct format *format, const uint8_t *head, size_t size);

/* As format_next. */
int format_pcap_next(struct format *format, const uint8_t *bytes, size_t size, bool last,
		     size_t *at, struct format_record *out);
int format_pcapng_next(struct format *format, const uint8_t *bytes, size_t size, bool last,
		       size_t *at, struct format_record *out);

void format_pcapng_end(struct format *format);

#endif
