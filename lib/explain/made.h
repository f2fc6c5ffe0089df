/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Made: a frame of the little that words say of it. For this room alone.
 */
#ifndef EXPLAIN_MADE_H
#define EXPLAIN_MADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explain/words.h"

/* Protocol numbers, IANA "Assigned Internet Protocol Numbers". */
enum { MADE_ICMP = 1, MADE_TCP = 6, MADE_UDP = 17, MADE_ICMPV6 = 58, MADE_SCTP = 132 };

struct made_end {
	unsigned family;     /* 4 or 6 */
	uint8_t address[16]; /* network order */
	int port;            /* -1: none */
};

struct made {
	struct made_end ends[2];   /* source, destination */
	int protocol, vlan, flags; /* -1: not said */
	int ttl, payload;
	const uint8_t *body; /* the payload; NULL: zeros */
	char *reason;        /* for whoever reads the words */
	size_t size;
};

static inline bool
made_has_ports(int protocol)
{
	return protocol == MADE_TCP || protocol == MADE_UDP || protocol == MADE_SCTP;
}

/* The frame, with checksums that are right. -ENOMEM. */
int made_build(const struct made *made, struct words_packet *packet);

#endif
