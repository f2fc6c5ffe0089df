/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Blocks: memory that files are read into and that devices send from, in hugepages where there are
 * some. Made and freed by one thread.
 */
#ifndef DISK_BLOCKS_H
#define DISK_BLOCKS_H

#include <rte_memzone.h>
#include <stddef.h>
#include <stdint.h>

/* A hugepage: physically in one piece, whatever the mode of the IOMMU. */
#define DISK_BLOCK_SHIFT 21
#define DISK_BLOCK_SIZE (UINT64_C(1) << DISK_BLOCK_SHIFT)

struct disk_blocks {
	const struct rte_memzone *zone;
	uint8_t *bytes; /* of the first; the others follow */
	uint64_t *iova; /* of each */
	unsigned count;
};

/* Makes count blocks on NUMA node numa (-1: any; another node when that one has no room). On
 * failure -errno, with a reason. */
int disk_blocks_make(struct disk_blocks *blocks, unsigned count, int numa, char *reason,
		     size_t size);

/* Also of what was never made. */
void disk_blocks_free(struct disk_blocks *blocks);

#endif
