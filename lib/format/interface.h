/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interfaces of a pcapng section (draft-ietf-opsawg-pcapng, section 4.2): the table that packets
 * refer to. It belongs to the format, is freed by format_end, and is used by the thread that
 * parses.
 */
#ifndef FORMAT_INTERFACE_H
#define FORMAT_INTERFACE_H

#include <stdint.h>

#include "format/format.h"

/* Of an interface's block, before its options. */
#define FORMAT_INTERFACE_SIZE 16

struct format_interface {
	int64_t offset; /* seconds */
	uint32_t snap_length;
	uint16_t link_type;
	uint8_t resolution; /* as in if_tsresol */
};

/* Appends what the block says, which lies whole in memory when it has FORMAT_UNIT_MAX bytes or
 * fewer. Returns 0, -EBADMSG or -ENOMEM with a reason. */
int format_interface_add(struct format *format, const uint8_t *block, uint32_t length);

/* The interface of a packet. Returns 0, or with a reason -EBADMSG when there is none, or
 * -EPROTOTYPE when it is not Ethernet, as it must be unless format->any_link. */
int format_interface_find(struct format *format, uint32_t index,
			  const struct format_interface **out);

/* Exact where nanoseconds are, rounded down where ticks are finer; a time that does not fit becomes
 * the nearest that does. */
uint64_t format_interface_ns(const struct format_interface *interface, uint64_t ticks);

/* Frees the table. */
void format_interface_free(struct format *format);

#endif
