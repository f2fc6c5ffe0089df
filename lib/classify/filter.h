/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filter: one pcap filter expression, as machine code or, where that can't be had, as a program for
 * libpcap's interpreter. Made by a control thread (the EAL must run), immutable, run by any worker.
 */
#ifndef CLASSIFY_FILTER_H
#define CLASSIFY_FILTER_H

#include <pcap/pcap.h>
#include <rte_bpf.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/expression.h"
#include "packet/contiguous.h"
#include "port/time.h"
#include "stage/tally.h"

struct filter {
	uint64_t (*code)(void *mbuf); /* NULL: interpreted */
	struct rte_bpf *bpf;
	struct bpf_program program;
};

enum filter_use {
	FILTER_BEST,
	FILTER_INTERPRETED, /* never as machine code */
};

/* Compiles an expression. On failure returns a negative errno, with a sentence in message. */
int filter_make(const char *expression, enum filter_use use, struct filter **out, char *message,
		size_t size);

void filter_free(struct filter *filter);

/* Offline a capture tells how long a packet was before the snap length cut it. */
static inline uint32_t
filter_wire_length(const struct rte_mbuf *packet)
{
	return packet_wire_length_offset < 0 ? packet->pkt_len : packet_wire_length(packet);
}

/* Whether the packet passes. scratch (EXPRESSION_SNAP bytes) is for packets of several segments,
 * whose copied bytes are counted in copies. Worker. */
static inline bool
filter_passes(const struct filter *filter, struct rte_mbuf *packet, uint8_t *scratch,
	      struct tally_copy *copies)
{
	const uint8_t *bytes;
	uint32_t length, copied;

	if (filter->code)
		return filter->code(packet) != 0;
	bytes = packet_contiguous(packet, scratch, EXPRESSION_SNAP, &length, &copied);
	copies->packets += copied != 0;
	copies->bytes += copied;
	return bpf_filter(filter->program.bf_insns, bytes, filter_wire_length(packet), length) != 0;
}

#endif
