/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Contiguous: a packet's bytes in one piece, for code that can't walk segments. Of a packet with
 * several segments the bytes are copied, and the caller counts them.
 */
#ifndef PACKET_CONTIGUOUS_H
#define PACKET_CONTIGUOUS_H

#include <stdint.h>

struct rte_mbuf;

/* The first bytes of the packet, at most size of them, either where they lie (*copied is 0) or in
 * scratch (*copied is how many were copied there). *length is how many there are. */
const uint8_t *packet_contiguous(const struct rte_mbuf *packet, uint8_t *scratch, uint32_t size,
				 uint32_t *length, uint32_t *copied);

#endif
