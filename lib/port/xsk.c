/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/xsk.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "port/driver.h"

#include "core/banned.h"

/* The upper bits say where within its packet the data begins. */
#define ADDRESS_MASK ((UINT64_C(1) << XSK_UNALIGNED_BUF_OFFSET_SHIFT) - 1)

static int
map_ring(int socket, const struct xdp_ring_offset *offset, off_t which, struct xsk_ring *ring)
{
	size_t bytes = offset->desc + (size_t)ring->size * ring->stride;
	uint8_t *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, socket, which);

	if (map == MAP_FAILED)
		return -errno;
	ring->map = map;
	ring->map_bytes = bytes;
	ring->producer = (const uint32_t *)(map + offset->producer);
	ring->consumer = (const uint32_t *)(map + offset->consumer);
	ring->entries = map + offset->desc;
	return 0;
}

int
xsk_map(int socket, uint32_t size, struct xsk_rings *rings)
{
	static const uint32_t never;
	const struct xsk_ring empty = {.producer = &never, .consumer = &never};
	struct xdp_mmap_offsets offsets;
	socklen_t length = sizeof(offsets);
	int ret;

	*rings = (struct xsk_rings){empty, empty, empty, empty};
	rings->fill.size = AF_XDP_FILL_RING;
	rings->completion.size = AF_XDP_SEND_PACKETS;
	rings->fill.stride = rings->completion.stride = sizeof(uint64_t);
	rings->rx.size = rings->tx.size = size;
	rings->rx.stride = rings->tx.stride = sizeof(struct xdp_desc);
	if (getsockopt(socket, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) < 0)
		return -errno;
	/* A kernel before 5.4 had no flags. */
	if (length != sizeof(offsets))
		return -ENOTSUP;
	ret = map_ring(socket, &offsets.fr, XDP_UMEM_PGOFF_FILL_RING, &rings->fill);
	if (ret < 0)
		return ret;
	map_ring(socket, &offsets.cr, XDP_UMEM_PGOFF_COMPLETION_RING, &rings->completion);
	map_ring(socket, &offsets.rx, XDP_PGOFF_RX_RING, &rings->rx);
	map_ring(socket, &offsets.tx, XDP_PGOFF_TX_RING, &rings->tx);
	return 0;
}

static void
unmap_ring(struct xsk_ring *ring)
{
	if (ring->map)
		munmap(ring->map, ring->map_bytes);
	*ring = (struct xsk_ring){0};
}

void
xsk_unmap(struct xsk_rings *rings)
{
	unmap_ring(&rings->fill);
	unmap_ring(&rings->completion);
	unmap_ring(&rings->rx);
	unmap_ring(&rings->tx);
}

uint64_t
xsk_address(const struct xsk_ring *ring, uint32_t index)
{
	const uint8_t *entry = ring->entries + (size_t)(index & (ring->size - 1)) * ring->stride;

	return *(const uint64_t *)entry & ADDRESS_MASK;
}
