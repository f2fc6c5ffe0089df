/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames by AF_XDP, which lie in memory that the socket knows and are sent from there: in copy mode
 * the kernel copies each; zero-copy asks a driver for more than veth's has. By the kernel's own
 * interface (Documentation/networking/af_xdp.rst): sending needs no program, so no library.
 */
#include <errno.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "paths/way.h"

#include "core/banned.h"

/* Linux 6.6; Debian 12's headers are older. */
#ifndef XDP_USE_SG
#define XDP_USE_SG (1 << 4)
#endif
#ifndef XDP_PKT_CONTD
#define XDP_PKT_CONTD (1 << 0)
#endif

#define CHUNK 4096u
#define CHUNKS (WAY_SOURCE / CHUNK)
#define SLOTS 2048u /* of each ring */
/* The kernel lets go of a queue some time after its socket was closed. */
#define BIND_TRIES 100
#define BIND_NAP_NS 5000000

struct xdp_queue {
	void *map;
	size_t length;
	uint32_t *producer, *consumer;
	void *entries;
};

struct xdp {
	int fd;
	uint8_t *area;
	struct xdp_queue tx, done;
	unsigned chunks; /* of a frame */
	unsigned next;   /* chunk */
};

static int
map_queue(int fd, struct xdp_queue *queue, const struct xdp_ring_offset *at, size_t entry,
	  off_t where)
{
	uint8_t *map;

	queue->length = at->desc + SLOTS * entry;
	map = mmap(NULL, queue->length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		   where);
	if (map == MAP_FAILED)
		return -errno;
	queue->map = map;
	queue->producer = (void *)(map + at->producer);
	queue->consumer = (void *)(map + at->consumer);
	queue->entries = map + at->desc;
	return 0;
}

static int
make_queues(struct xdp *xdp)
{
	struct xdp_umem_reg memory = {
		.addr = (uintptr_t)xdp->area, .len = WAY_SOURCE, .chunk_size = CHUNK};
	struct xdp_mmap_offsets at;
	socklen_t length = sizeof(at);
	uint32_t slots = SLOTS;
	int ret;

	if (setsockopt(xdp->fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory)) < 0 ||
	    setsockopt(xdp->fd, SOL_XDP, XDP_UMEM_FILL_RING, &slots, sizeof(slots)) < 0 ||
	    setsockopt(xdp->fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &slots, sizeof(slots)) < 0 ||
	    setsockopt(xdp->fd, SOL_XDP, XDP_TX_RING, &slots, sizeof(slots)) < 0 ||
	    getsockopt(xdp->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &length) < 0)
		return -errno;
	ret = map_queue(xdp->fd, &xdp->tx, &at.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING);
	if (ret < 0)
		return ret;
	return map_queue(xdp->fd, &xdp->done, &at.cr, sizeof(uint64_t),
			 (off_t)XDP_UMEM_PGOFF_COMPLETION_RING);
}

static void
free_xdp(struct xdp *xdp)
{
	if (xdp->tx.map)
		munmap(xdp->tx.map, xdp->tx.length);
	if (xdp->done.map)
		munmap(xdp->done.map, xdp->done.length);
	if (xdp->fd >= 0)
		close(xdp->fd);
	if (xdp->area && xdp->area != MAP_FAILED)
		munmap(xdp->area, WAY_SOURCE);
	free(xdp);
}

/* The packets lie where they are sent from: that is what such a socket is for. */
static int
fill_area(struct xdp *xdp, struct way_run *run)
{
	xdp->area = mmap(NULL, WAY_SOURCE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (xdp->area == MAP_FAILED)
		return -errno;
	xdp->chunks = (unsigned)((run->size + CHUNK - 1) / CHUNK);
	for (unsigned at = 0; at + xdp->chunks <= CHUNKS; at += xdp->chunks)
		memcpy(xdp->area + (size_t)at * CHUNK, way_next(run), run->size);
	return 0;
}

/* 0 or negative errno. */
static int
bind_when_free(int fd, const struct sockaddr_xdp *wire)
{
	const struct timespec nap = {.tv_nsec = BIND_NAP_NS};
	int ret = -EBUSY;

	for (unsigned i = 0; ret == -EBUSY && i < BIND_TRIES; i++) {
		if (i > 0)
			nanosleep(&nap, NULL);
		ret = bind(fd, (const struct sockaddr *)wire, sizeof(*wire)) < 0 ? -errno : 0;
	}
	return ret;
}

static int
bind_queue(struct xdp *xdp, struct way_run *run, uint16_t flags)
{
	struct sockaddr_xdp wire = {.sxdp_family = AF_XDP,
				    .sxdp_flags = flags,
				    .sxdp_ifindex = if_nametoindex(WIRE_NEAR)};
	struct xdp_options options = {0};
	socklen_t length = sizeof(options);
	int ret;

	if (xdp->chunks > 1)
		wire.sxdp_flags |= XDP_USE_SG;
	ret = bind_when_free(xdp->fd, &wire);
	if (ret < 0) {
		if (flags == XDP_ZEROCOPY)
			snprintf(run->reason, sizeof(run->reason),
				 "veth's driver has no zero-copy mode (%s)", strerror(-ret));
		else if (xdp->chunks > 1)
			snprintf(run->reason, sizeof(run->reason),
				 "frames of several chunks need Linux 6.6 (%s)", strerror(-ret));
		return ret;
	}
	if (getsockopt(xdp->fd, SOL_XDP, XDP_OPTIONS, &options, &length) < 0)
		return -errno;
	run->told = 1;
	run->told_copied = options.flags & XDP_OPTIONS_ZEROCOPY ? 0 : 1;
	return 0;
}

static int
open_with(struct way_run *run, uint16_t flags)
{
	struct xdp *xdp = calloc(1, sizeof(*xdp));
	int ret;

	if (!xdp)
		return -ENOMEM;
	xdp->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	ret = xdp->fd < 0 ? -errno : fill_area(xdp, run);
	if (ret == 0)
		ret = make_queues(xdp);
	if (ret == 0)
		ret = bind_queue(xdp, run, flags);
	if (ret < 0) {
		free_xdp(xdp);
		return ret;
	}
	run->state = xdp;
	return 0;
}

static int
xdp_open(struct way_run *run)
{
	return open_with(run, XDP_COPY);
}

static int
xdp_zerocopy_open(struct way_run *run)
{
	return open_with(run, XDP_ZEROCOPY);
}

static void
xdp_close(struct way_run *run)
{
	free_xdp(run->state);
}

/* What the kernel is done with. How many chunks are still with it. */
static unsigned
reap(struct xdp *xdp)
{
	uint32_t done = __atomic_load_n(xdp->done.producer, __ATOMIC_ACQUIRE);

	__atomic_store_n(xdp->done.consumer, done, __ATOMIC_RELEASE);
	return *xdp->tx.producer - done;
}

static int
wake(const struct xdp *xdp)
{
	if (sendto(xdp->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN &&
	    errno != EBUSY && errno != ENOBUFS)
		return -errno;
	return 0;
}

static void
put_frame(struct xdp *xdp, uint32_t *slot, size_t size)
{
	struct xdp_desc *entries = xdp->tx.entries;

	if (xdp->next + xdp->chunks > CHUNKS)
		xdp->next = 0;
	for (size_t at = 0; at < size; at += CHUNK) {
		struct xdp_desc *entry = &entries[(*slot)++ % SLOTS];
		size_t rest = size - at;

		entry->addr = (uint64_t)xdp->next++ * CHUNK;
		entry->len = (uint32_t)(rest < CHUNK ? rest : CHUNK);
		entry->options = rest > CHUNK ? XDP_PKT_CONTD : 0;
	}
}

static int64_t
xdp_send(struct way_run *run)
{
	struct xdp *xdp = run->state;
	uint32_t slot = *xdp->tx.producer;
	int64_t put = 0;
	int ret;

	if (reap(xdp) + WAY_BATCH * xdp->chunks <= SLOTS) {
		for (; put < WAY_BATCH; put++)
			put_frame(xdp, &slot, run->size);
		__atomic_store_n(xdp->tx.producer, slot, __ATOMIC_RELEASE);
	}
	ret = wake(xdp);
	return ret < 0 ? ret : put;
}

static int
xdp_finish(struct way_run *run)
{
	unsigned tries = 0;

	while (reap(run->state) > 0) {
		int ret = wake(run->state);

		if (ret < 0 || tries++ > 100000)
			return ret < 0 ? ret : -ETIMEDOUT;
	}
	return 0;
}

const struct way xdp_way = {
	.name = "af-xdp",
	.text = "AF_XDP in copy mode, from its own memory",
	.job = WAY_FRAMES,
	.copies = WAY_TOLD,
	.open = xdp_open,
	.send = xdp_send,
	.finish = xdp_finish,
	.close = xdp_close,
};

const struct way xdp_zerocopy_way = {
	.name = "af-xdp-zc",
	.text = "AF_XDP in zero-copy mode",
	.job = WAY_FRAMES,
	.copies = WAY_TOLD,
	.open = xdp_zerocopy_open,
	.send = xdp_send,
	.finish = xdp_finish,
	.close = xdp_close,
};
