/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Format: capture files, parsed in place from whatever part of them is in memory. Nothing is copied
 * and nothing is read here: the caller gives bytes, and is told where the next record's packet lies
 * among them. Knows pcap (micro- and nanoseconds, either byte order; draft-ietf-opsawg-pcap) with
 * its variants (Kuznetzov's, Nokia's, IXIA's, and versions before 2.4) and pcapng (several sections
 * and interfaces, any if_tsresol and if_tsoffset, enhanced, simple and obsolete packet blocks, all
 * other blocks passed over; draft-ietf-opsawg-pcapng). format_begin lets Ethernet alone in,
 * format_begin_any every link type.
 */
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_REASON_MAX 200
/* Bytes of a file that format_begin wants to see (fewer when the file is shorter). */
#define FORMAT_HEAD 4096
/* Longer packets fit no mbuf: format_next tells of them without waiting for their bytes. */
#define FORMAT_PACKET_MAX 65535
/* With so many bytes from *at on, format_next always gets ahead. */
#define FORMAT_UNIT_MAX (66 * 1024)

#define FORMAT_LINK_ETHERNET 1

struct format_interface;

struct format {
	enum { FORMAT_PCAP, FORMAT_PCAPNG } kind;
	bool swapped;       /* numbers are in the other byte order than this machine's */
	bool any_link;      /* packets of other link types than Ethernet are records too */
	uint16_t link_type; /* pcap: of all packets */
	/* pcap: nanoseconds in one of a record's fractions (1 or 1000), bytes before its packet,
	 * and which of its lengths is the one in the file */
	uint16_t time_unit;
	uint8_t record_header;
	enum { FORMAT_KEPT_FIRST, FORMAT_WIRE_FIRST, FORMAT_SHORTER_KEPT } lengths;
	struct format_interface *interfaces; /* pcapng: of this section */
	unsigned interface_count;
	unsigned interface_room;
	char reason[FORMAT_REASON_MAX]; /* why the last call failed: "is no capture file: ..." */
};

struct format_record {
	uint64_t time_ns;     /* since the epoch; 0 when it has none */
	bool timed;           /* it has a time: a simple packet block has not */
	size_t offset;        /* of the packet's first byte, among the bytes given */
	uint32_t length;      /* bytes of it in the file */
	uint32_t wire_length; /* bytes it had on the wire; never less than length */
	uint16_t link_type;   /* LINKTYPE_ of tcpdump.org; FORMAT_LINK_ETHERNET */
};

/* Looks at the first bytes of a file (FORMAT_HEAD of them, or all there are). Returns how many are
 * to be passed over before the first format_next, or -EINVAL with a reason, a predicate of the
 * file: "has link type LINUX_SLL (113), not Ethernet; see other-links". */
int format_begin(struct format *format, const void *head, size_t size);
int format_begin_any(struct format *format, const void *head, size_t size);

/* The next record at or behind *at. bytes are size bytes of the file that follow each other; last
 * says that the file ends with them. Returns
 *   1: *out is a record that lies whole within bytes, *at is behind it. What is longer than
 *      FORMAT_PACKET_MAX may end behind bytes, and *at may lie behind size: such a packet is to be
 *      counted and left alone;
 *   0: nothing more here: *at is where to go on, with the bytes that begin there in the file (it
 *      may lie behind size, when something to pass over is longer than what is in memory). With
 *      last: the end;
 *   -ENODATA: the file ends in the middle of what begins at *at (*at lies behind size when that
 *      showed only once it was passed over): it was cut, and what came before is whole;
 *   -EBADMSG: the file is broken at *at. Nothing behind it can be trusted;
 *   -EPROTOTYPE: the packet there is not Ethernet;
 *   -ENOMEM.
 * The reason is a sentence of its own, "the record says it is ...": the caller puts before it
 * where. */
int format_next(struct format *format, const void *bytes, size_t size, bool last, size_t *at,
		struct format_record *out);

/* Frees what format_next gathered of interfaces. A format can then begin another file. */
void format_end(struct format *format);

#endif
