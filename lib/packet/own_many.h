/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Own, many: the same as own_take for the packets of a burst that lie in one segment each, at once:
 * mbufs come out of the pools together, and nobody counts segments.
 */
#ifndef PACKET_OWN_MANY_H
#define PACKET_OWN_MANY_H

#include <stdbool.h>
#include <stdint.h>

#include "packet/own.h"

struct own_many {
	const uint16_t *depths; /* by packet, as in own_part; NULL: no packet is written */
	uint32_t most;          /* what is behind so many bytes is not shown */
	uint16_t front;         /* as in own_part */
	unsigned manner;        /* as in own_take; all packets may be held by others */
};

/* Which of the packets in which, as bits, can be taken so; the rest are for own_take. Worker. */
uint32_t own_many_can(const struct own *own, struct rte_mbuf *const *packets, uint32_t which,
		      const struct own_many *many);

/* Takes these: each of them in packets is another one then, and its reference is taken over.
 * *chained, unless nothing is: some have two segments. False without memory: nothing was done.
 * Worker. */
bool own_many_take(struct own *own, struct rte_mbuf **packets, uint32_t which,
		   const struct own_many *many, bool *chained);

#endif
