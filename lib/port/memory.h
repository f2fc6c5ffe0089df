/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory: how much of it the config's packets and tables need, and whether it lies in hugepages.
 */
#ifndef PORT_MEMORY_H
#define PORT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "port/ports.h"

struct memory_plan {
	bool hugepages;
	unsigned
		megabytes; /* without hugepages: address space to reserve; touched pages alone cost */
};

/* Bytes of one pool of the config's packets. */
uint64_t memory_pool_bytes(const struct config *config);

/* mbufs that the rings of all ports, one burst of each worker and the workers' caches can hold at once;
 * with fewer in the pool a port would stop receiving. */
uint32_t memory_packets_needed(const struct config *config, unsigned workers);

/* Size of a pool's cache for each core: as large as pays, but never most of a small pool. */
uint32_t memory_cache_size(uint32_t packets, unsigned workers);

enum memory_verdict {
	MEMORY_FITS,
	MEMORY_SLOWER, /* ordinary pages take the place of hugepages that are not there */
	MEMORY_REFUSED,
};

/* Decides for hugepages or against. Unless it fits, reason says what would mend that. */
enum memory_verdict memory_plan(const struct config *config, enum port_mode mode,
				struct memory_plan *plan, char *reason, size_t size);

#endif
