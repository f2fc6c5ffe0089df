/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Write: blocks of a pcapng file (draft-ietf-opsawg-pcapng), encoded into memory that the caller
 * gives, in this machine's byte order: sections, Ethernet interfaces in nanoseconds, packets,
 * statistics, and blocks that readers pass over. A packet's own bytes are the caller's to put.
 * Each block begins at a multiple of 4 bytes of the file, and is one. Pure.
 */
#ifndef FORMAT_WRITE_H
#define FORMAT_WRITE_H

#include <stddef.h>
#include <stdint.h>

/* The least that a block of padding has. */
#define FORMAT_WRITE_PADDING_MIN 12
/* Of a packet's block, what is not the packet: header, options, and up to 3 bytes behind it. */
#define FORMAT_WRITE_AROUND_MAX 75
/* Room that is enough for a section (its texts are cut at FORMAT_WRITE_TEXT_MAX bytes), for an
 * interface and for its statistics. */
#define FORMAT_WRITE_TEXT_MAX 1024
#define FORMAT_WRITE_SECTION_MAX (48 + 2 * FORMAT_WRITE_TEXT_MAX)
#define FORMAT_WRITE_INTERFACE_MAX (48 + FORMAT_WRITE_TEXT_MAX)
#define FORMAT_WRITE_STATISTICS_MAX 96

/* Flags of a packet, epb_flags: section 4.3.1. */
enum { FORMAT_INBOUND = 1, FORMAT_OUTBOUND = 2 };

struct format_write_packet {
	uint64_t time_ns;
	uint32_t interface;   /* the how manieth of the section, from 0 */
	uint32_t length;      /* bytes of it in the file */
	uint32_t wire_length; /* bytes it had */
	uint32_t flags;       /* 0: none are written; so are those below */
	uint64_t id;          /* epb_packetid: the same packet wherever it was seen */
	uint64_t lost;        /* epb_dropcount: between this packet and the one before it */
};

struct format_write_statistics {
	uint32_t interface;
	uint64_t time_ns;           /* when this was counted */
	uint64_t first_ns, last_ns; /* what is counted lies between */
	uint64_t received, lost, delivered;
};

/* Bytes that the blocks take; comment and application may be NULL or "". */
size_t format_write_section(uint8_t *into, const char *application, const char *comment);

/* snap: the most bytes of a packet in the file. */
size_t format_write_interface(uint8_t *into, const char *name, uint32_t snap);
size_t format_write_statistics(uint8_t *into, const struct format_write_statistics *statistics);

/* Bytes of a packet's block. */
uint32_t format_write_packet_size(const struct format_write_packet *packet);

/* Writes all of a packet's block but the packet, and returns where that goes: `length` bytes. */
uint8_t *format_write_packet(uint8_t *into, const struct format_write_packet *packet);

/* Bytes of padding behind `size` bytes, a multiple of 4, to a multiple of align (itself one, and 16
 * or more): none, or FORMAT_WRITE_PADDING_MIN at least. */
uint32_t format_write_padding_size(uint32_t size, uint32_t align);

/* Writes a block of size bytes that readers pass over: of a type for local use, as tshark shows a
 * custom block as a record. tcpdump, tshark, capinfos and editcap read past it, at any length. Of 0
 * bytes it is none. */
void format_write_padding(uint8_t *into, uint32_t size);

#endif
