/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames by AF_PACKET's transmit ring, TPACKET_V3: written there once, and sent from there. */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "paths/way.h"

#include "core/banned.h"

#define BLOCK (1u << 18)
#define BLOCKS 16
#define SLOT_MIN 2048
/* Where a frame begins in its slot when the kernel is not told: Documentation/networking/
 * packet_mmap.rst. */
#define FRAME_AT (TPACKET3_HDRLEN - sizeof(struct sockaddr_ll))

struct ring {
	int fd;
	uint8_t *slots;
	unsigned slot, count, next;
};

static int
map_ring(struct ring *ring)
{
	int version = TPACKET_V3;
	struct tpacket_req3 wanted = {.tp_block_size = BLOCK,
				      .tp_block_nr = BLOCKS,
				      .tp_frame_size = ring->slot,
				      .tp_frame_nr = ring->count};

	if (setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(ring->fd, SOL_PACKET, PACKET_TX_RING, &wanted, sizeof(wanted)) < 0)
		return -errno;
	ring->slots = mmap(NULL, (size_t)BLOCK * BLOCKS, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_POPULATE, ring->fd, 0);
	return ring->slots == MAP_FAILED ? -errno : 0;
}

static int
ring_open(struct way_run *run)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	int ret;

	if (!ring)
		return -ENOMEM;
	for (ring->slot = SLOT_MIN; ring->slot < run->size + TPACKET3_HDRLEN;)
		ring->slot *= 2;
	ring->count = BLOCK / ring->slot * BLOCKS;
	ring->fd = way_socket(run, WAY_FRAMES);
	ret = ring->fd < 0 ? ring->fd : map_ring(ring);
	if (ret < 0) {
		if (ring->fd >= 0)
			close(ring->fd);
		free(ring);
		return ret;
	}
	run->state = ring;
	return 0;
}

static void
ring_close(struct way_run *run)
{
	struct ring *ring = run->state;

	munmap(ring->slots, (size_t)BLOCK * BLOCKS);
	close(ring->fd);
	free(ring);
}

static int64_t
ring_send(struct way_run *run)
{
	struct ring *ring = run->state;
	unsigned put = 0;

	for (; put < WAY_BATCH; put++) {
		struct tpacket3_hdr *slot = (void *)(ring->slots + (size_t)ring->next * ring->slot);

		if (__atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE) != TP_STATUS_AVAILABLE)
			break;
		memcpy((uint8_t *)slot + FRAME_AT, way_next(run), run->size);
		slot->tp_len = (uint32_t)run->size;
		slot->tp_next_offset = 0;
		__atomic_store_n(&slot->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
		ring->next = (ring->next + 1) % ring->count;
	}
	if (send(ring->fd, NULL, 0, MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != ENOBUFS)
		return -errno;
	return put;
}

/* A blocking send waits until the ring has nothing left to send. */
static int
ring_finish(struct way_run *run)
{
	struct ring *ring = run->state;

	return send(ring->fd, NULL, 0, 0) < 0 && errno != ENOBUFS ? -errno : 0;
}

const struct way ring_way = {
	.name = "tpacket-v3",
	.text = "AF_PACKET's ring: copied into it, and linked from there",
	.job = WAY_FRAMES,
	.copies = 1,
	.open = ring_open,
	.send = ring_send,
	.finish = ring_finish,
	.close = ring_close,
};
