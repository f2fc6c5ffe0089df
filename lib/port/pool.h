/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools: the packets' memory, on each NUMA node that devices sit on one pool of packets, and one of
 * headers behind it.
 */
#ifndef PORT_POOL_H
#define PORT_POOL_H

#include "port/ports.h"

/* The pool for a port on this node (-1: any), made when it is the first there. NULL on failure,
 * logged. */
struct port_pool *pool_for(struct ports *ports, const struct config *config, int numa,
			   unsigned workers);

#endif
