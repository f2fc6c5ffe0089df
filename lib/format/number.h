/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers in capture files, in the byte order of the file. Bytes of a file may lie at any address,
 * so numbers are taken from them by copying.
 */
#ifndef FORMAT_NUMBER_H
#define FORMAT_NUMBER_H

#include <string.h>

#include "format/format.h"

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

#endif
