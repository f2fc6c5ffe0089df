/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What format.c asks of pcapng files.
 */
#ifndef FORMAT_PCAPNG_H
#define FORMAT_PCAPNG_H

#include "format/format.h"

/* As format_begin, for a file whose magic number is that of a section. */
int format_pcapng_begin(struct format *format, const uint8_t *head, size_t size);

/* As format_next. */
int format_pcapng_next(struct format *format, const uint8_t *bytes, size_t size, bool last,
		       size_t *at, struct format_record *out);

#endif
