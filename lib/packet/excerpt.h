/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Excerpt: the first bytes of a packet, copied, for whoever looks at it when it is gone.
 */
#ifndef PACKET_EXCERPT_H
#define PACKET_EXCERPT_H

#include <stdint.h>

struct rte_mbuf;

/* Copies at most size bytes; returns how many, which the caller counts. */
uint32_t packet_excerpt(const struct rte_mbuf *packet, uint8_t *into, uint32_t size);

#endif
