/* SPDX-License-Identifier: BSD-3-Clause */
#include "disk/blocks.h"

#include <errno.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"

#include "core/banned.h"

static const struct rte_memzone *
reserve(uint64_t bytes, int numa)
{
	static _Atomic unsigned made;
	char name[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *zone;

	snprintf(name, sizeof(name), "blocks_%u", atomic_fetch_add(&made, 1));
	zone = rte_memzone_reserve_aligned(name, bytes, numa, 0, DISK_BLOCK_SIZE);
	if (!zone && numa != SOCKET_ID_ANY)
		zone = rte_memzone_reserve_aligned(name, bytes, SOCKET_ID_ANY, 0, DISK_BLOCK_SIZE);
	return zone;
}

static uint64_t
iova_of(const uint8_t *address)
{
	rte_iova_t iova = RTE_BAD_IOVA;

	if (rte_eal_iova_mode() != RTE_IOVA_VA)
		iova = rte_mem_virt2iova(address);
	/* Devices that have no use for physical addresses are all that such memory can be given
	 * to. */
	return iova == RTE_BAD_IOVA ? (uintptr_t)address : iova;
}

int
disk_blocks_make(struct disk_blocks *blocks, unsigned count, int numa, char *reason, size_t size)
{
	*blocks = (struct disk_blocks){.count = count};
	blocks->iova = calloc(count, sizeof(*blocks->iova));
	if (!blocks->iova) {
		snprintf(reason, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	blocks->zone = reserve(count * DISK_BLOCK_SIZE, numa);
	if (!blocks->zone) {
		int err = rte_errno;

		snprintf(reason, size,
			 "%s of packet memory for its files is not to be had (%s); give it less "
			 "with `memory:`, or reserve more hugepages",
			 units_memory(count * DISK_BLOCK_SIZE).text, rte_strerror(err));
		disk_blocks_free(blocks);
		return -err;
	}
	blocks->bytes = blocks->zone->addr;
	for (unsigned i = 0; i < count; i++)
		blocks->iova[i] = iova_of(blocks->bytes + i * DISK_BLOCK_SIZE);
	return 0;
}

void
disk_blocks_free(struct disk_blocks *blocks)
{
	if (blocks->zone)
		rte_memzone_free(blocks->zone);
	free(blocks->iova);
	*blocks = (struct disk_blocks){0};
}
