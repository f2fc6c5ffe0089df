/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Xsk: the four rings of an AF_XDP socket, looked at beside its owner. The kernel maps a socket's
 * rings as often as it is asked, so they are read as the kernel has them, without a look into the
 * driver's or libxdp's own memory. Whoever maps them keeps the socket: the kernel lets go of it
 * when the last mapping and descriptor are gone.
 */
#ifndef PORT_XSK_H
#define PORT_XSK_H

#include <stddef.h>
#include <stdint.h>

/* Indices run on for ever; an index's entry stays where it was until as many as the ring holds came
 * after it. */
struct xsk_ring {
	const uint32_t *producer, *consumer;
	const uint8_t *entries; /* each begins with an address */
	uint32_t size;          /* entries, a power of two */
	uint32_t stride;        /* bytes of one */
	void *map;
	size_t map_bytes;
};

/* Those that the socket does not have are empty for ever. */
struct xsk_rings {
	struct xsk_ring fill, completion, rx, tx;
};

/* size is what rx and tx hold. Returns 0, or a negative errno: the socket does not even have a fill
 * ring. */
int xsk_map(int socket, uint32_t size, struct xsk_rings *rings);
void xsk_unmap(struct xsk_rings *rings);

static inline uint32_t
xsk_load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* Where in the memory that it shares with the kernel the packet of an entry begins. */
uint64_t xsk_address(const struct xsk_ring *ring, uint32_t index);

#endif
