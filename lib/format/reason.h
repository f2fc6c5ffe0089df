/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reason: why a capture file can't be read, in words, and the limits that all kinds of capture
 * files have.
 */
#ifndef FORMAT_REASON_H
#define FORMAT_REASON_H

#include "format/format.h"

/* The most that libpcap and Wireshark take for a record, and write; a length above it is damage. Of
 * some link types, USB's above all, records are transfers of any length. */
#define FORMAT_RECORD_MAX (256u * 1024)
#define FORMAT_TRANSFER_MAX (128u * 1024 * 1024)

/* The most bytes that a record of a link type may say it has. */
uint32_t format_record_max(uint16_t link_type);

/* Writes the reason and returns ret. */
int format_fail(struct format *format, int ret, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* The reason for a link type other than Ethernet: "LEAD link type RAW (101), not Ethernet; see
 * other-links". */
int format_fail_link(struct format *format, int ret, const char *lead, unsigned link_type);

#endif
