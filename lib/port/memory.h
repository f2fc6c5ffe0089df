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
#include "core/root.h"
#include "port/ports.h"

#define MEMORY_NODES_MAX 64

struct memory_node {
	bool exists;
	uint64_t pool_bytes; /* of pools that must lie on this node */
	uint64_t free_bytes; /* of hugepages of all sizes */
	uint64_t page_bytes; /* of the smallest size that is reserved; 2 MiB when there is none */
};

enum memory_verdict {
	MEMORY_FITS,
	MEMORY_SLOWER,  /* ordinary pages take the place of hugepages that are not there */
	MEMORY_UNASKED, /* a PCI port needs hugepages, and the config says `hugepages: false` */
	MEMORY_SHORT,   /* too few hugepages, in all or on one node */
};

struct memory_plan {
	bool hugepages;
	/* Without hugepages: address space to reserve; touched pages alone cost. */
	unsigned megabytes;
	/* Of hugepages, whether they are taken or not. */
	uint64_t needed_bytes, free_bytes; /* in all; pools are a part of what is needed */
	struct memory_node nodes[MEMORY_NODES_MAX];
	uint64_t page_bytes; /* of the smallest size on any node */
	unsigned main_node;  /* of what belongs to no pool, while there is room */
};

/* What one port takes of memory beside its packets: rings and what drivers keep of their own. */
#define MEMORY_PORT_BYTES (2ull << 20)

/* What a replay takes, and all ports and replays of a config: what comes while the daemon runs
 * takes that of its reserve. */
uint64_t memory_replay_bytes(const struct config *config, unsigned replay);

/* Mbufs that a replay has beside those for the rings that its packets may reach: for what captures
 * and returns hold, and for the rings of ports that come while it is there. */
uint32_t memory_replay_spare(const struct config *config, unsigned workers);
uint64_t memory_live_bytes(const struct config *config);

bool memory_is_af_xdp(const struct config_port *port);

/* Whether packets must lie without gaps, each within a page, for the kernel to be shown them
 * (pool.c). */
bool memory_is_flat(const struct config *config);

/* Bytes of one packet with all that belongs to it, as mempools count them. */
uint32_t memory_element_bytes(const struct config *config);

/* Bytes of one pool of the config's packets. */
uint64_t memory_pool_bytes(const struct config *config);

/* Mbufs of the pool of headers beside it, and its bytes. */
static inline uint32_t
memory_headers(const struct config *config)
{
	return config->headers ? config->headers : config->packets / 2;
}
uint64_t memory_headers_bytes(const struct config *config);

/* The packet-sizes that AF_XDP takes: a buffer, with all that stands before and behind it, is a
 * chunk of the kernel's, of 2,048 bytes to a page. */
void memory_xdp_sizes(uint32_t *least, uint32_t *most);

/* The longest frame that AF_XDP receives into packets of a size, and that can be sent on: the
 * kernel keeps a part of each chunk for itself. */
uint32_t memory_xdp_frame(uint32_t packet_size);

/* The least packet-size with which it receives frames of a length; 0: none. */
uint32_t memory_xdp_size(uint32_t frame);

/* mbufs that the rings of all ports, one burst of each worker and the workers' caches can hold at
 * once; with fewer in the pool a port would stop receiving. */
uint32_t memory_packets_needed(const struct config *config, unsigned workers);

/* Size of a pool's cache for each core: as large as pays, but never most of a small pool. */
uint32_t memory_cache_size(uint32_t packets, unsigned workers);

/* Decides for hugepages or against, from what is free now. main_node is the NUMA node of the
 * control threads, -1 when they have none: what names no node itself takes memory there. */
enum memory_verdict memory_plan(const struct config *config, enum port_mode mode,
				const struct root *root, int main_node, struct memory_plan *plan);

#endif
