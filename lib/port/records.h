/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records: packets as records of a pcap file (draft-ietf-opsawg-pcap, sections 4 and 5), in pieces
 * that one writev takes: the headers lie here, what is behind them is the packets' own memory.
 */
#ifndef PORT_RECORDS_H
#define PORT_RECORDS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <time.h>

#include "port/output.h"

#define RECORDS_SNAP_LENGTH 262144 /* libpcap's own maximum for Ethernet */
#define RECORDS_MAX 32
#define PIECES_MAX (OUTPUT_SEGMENTS_MAX + 1) /* headers and segments */

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2], snap_length, link;
};

struct record_header {
	uint32_t seconds, nanoseconds, captured, length;
};

struct records {
	struct record_header headers[RECORDS_MAX];
	struct iovec pieces[PIECES_MAX];
	unsigned first[RECORDS_MAX + 1]; /* piece of a record */
	uint16_t count;
	size_t bytes;
};

/* Of a file of nanoseconds and Ethernet. */
extern const struct pcap_header records_file_header;

/* As many of the packets as one write takes, all of the same time. They must outlive the
 * records. */
void records_gather(struct records *records, struct rte_mbuf *const *packets, uint16_t count,
		    const struct timespec *now);

/* Moves *pieces and *count behind the first `bytes` of them; a piece of which a part is passed is
 * changed. */
void pieces_pass(struct iovec **pieces, unsigned *count, size_t bytes);

#endif
