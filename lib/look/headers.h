/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headers: how much of a packet is no payload.
 */
#ifndef LOOK_HEADERS_H
#define LOOK_HEADERS_H

#include <stdint.h>

struct rte_mbuf;

/* Bytes up to the end of the headers: of TCP, UDP and SCTP, else of IP; of what is not IP up to the
 * ether_type. */
uint32_t look_headers(struct rte_mbuf *packet);

#endif
