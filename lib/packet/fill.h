/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fill: packets made of bytes that lie elsewhere, as a driver makes them of what a device brings.
 */
#ifndef PACKET_FILL_H
#define PACKET_FILL_H

#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;

/* A packet of the pool with these bytes, of as many segments as they take: 1 to 65,535 of them.
 * NULL when the pool has too few left. Any thread. */
struct rte_mbuf *packet_fill(struct rte_mempool *pool, const uint8_t *bytes, uint32_t length);

#endif
