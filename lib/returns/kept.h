/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kept: the beginnings of packets that were sent, the last of them, for what a device changed in
 * one. One thread.
 */
#ifndef RETURNS_KEPT_H
#define RETURNS_KEPT_H

#include <stdint.h>

struct rte_mbuf;

/* So much of each. */
#define KEPT_BYTES 2048

struct kept {
	uint8_t *bytes;
	uint64_t size, written;
	struct kept_place {
		uint64_t at;
		uint32_t length;
	} * places; /* of packet n: n & mask */
	uint32_t mask;
	uint64_t packets; /* that were put, from 0 on */
};

/* For at most so many packets, a power of two, in so many bytes. 0 or -ENOMEM. */
int kept_make(struct kept *kept, uint32_t packets, uint64_t bytes);
void kept_free(struct kept *kept);

/* The next packet; returns how many bytes were copied. */
uint32_t kept_put(struct kept *kept, const struct rte_mbuf *packet);

/* NULL: it is gone. */
const uint8_t *kept_find(const struct kept *kept, uint64_t packet, uint32_t *length);

/* The next packet is the first. */
void kept_clear(struct kept *kept);

#endif
