/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows: how many different flows there are of several kinds, exactly, in bounded memory. For this
 * room alone.
 */
#ifndef EXPLAIN_FLOWS_H
#define EXPLAIN_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flows {
	uint64_t *slots; /* 0: empty; by open addressing, a power of two of them */
	size_t mask, used;
	bool full; /* no more are known: counts are the least that there are */
};

/* -ENOMEM. */
int flows_init(struct flows *flows);
void flows_fini(struct flows *flows);

/* Whether it is the first packet of that flow in its kind. Of those that there is no memory for it
 * is false. */
bool flows_add(struct flows *flows, uint32_t kind, uint64_t flow);

/* Tells a packet's flow apart: addresses, protocol and ports, in whichever direction; of fragments
 * addresses and protocol; of what is no IP its MAC addresses. packet_flow_hash is for spreading:
 * too many flows share one. */
uint64_t flows_of(const uint8_t *bytes, uint32_t length);

#endif
