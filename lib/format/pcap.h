/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What format.c asks of pcap files.
 */
#ifndef FORMAT_PCAP_H
#define FORMAT_PCAP_H

#include "format/format.h"

/* As format_begin, for a file whose magic number format_variant_find knows. */
int format_pcap_begin(struct format *format, const uint8_t *head, size_t size);

/* As format_next. */
int format_pcap_next(struct format *format, const uint8_t *bytes, size_t size, bool last,
		     size_t *at, struct format_record *out);

#endif
