/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/rescue.h"

#include <linux/if_xdp.h>
#include <poll.h>
#include <rte_version.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/driver.h"

#include "core/banned.h"

#define FILL_RING (2 * AF_XDP_FILL_PACKETS)
#define ADDRESS_MASK ((UINT64_C(1) << XSK_UNALIGNED_BUF_OFFSET_SHIFT) - 1)

/* A ring as libxdp has it (xdp/xsk.h). Indices run on for ever. */
struct ring {
	uint32_t cached_producer, cached_consumer, mask, size;
	uint32_t *producer, *consumer;
	void *entries;
	uint32_t *flags;
};

/* A receive queue of net_af_xdp 22.11 begins like this; then come some counters, more or fewer by the release's
 * last number; and then the rest. The transmit queue that it is paired with begins with its ring. */
struct head {
	struct ring rx;
	void *umem, *socket;
	struct rte_mempool *pool;
};

struct tail {
	struct ring fill, completion;
	const struct ring *tx;
	struct pollfd poll;
};

#define COUNTERS_MAX 8

/* The rings of a queue. */
struct queue {
	const struct rte_mempool *pool;
	struct ring rx, fill, completion, tx;
	int socket;
};

static uint32_t
load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static bool
is_ring(const struct ring *ring, uint32_t size)
{
	return ring->size == size && ring->mask == size - 1 && ring->producer && ring->consumer &&
	       ring->entries && load(ring->producer) - load(ring->consumer) <= size;
}

/* Reads what stands in the driver's memory, if all of it is as is known from elsewhere. */
static bool
read_queue(const struct port *port, const void *memory, struct queue *queue)
{
	const struct head *head = memory;
	const uint64_t *behind;

	if (!head || head->pool != port->pool->pool || !is_ring(&head->rx, port->rx_ring))
		return false;
	behind = (const uint64_t *)(head + 1);
	for (unsigned counters = 0; counters <= COUNTERS_MAX; counters++) {
		const struct tail *tail = (const struct tail *)(behind + counters);

		if (!is_ring(&tail->fill, FILL_RING) ||
		    !is_ring(&tail->completion, AF_XDP_SEND_PACKETS) || !tail->tx ||
		    !is_ring(tail->tx, port->rx_ring))
			continue;
		*queue = (struct queue){head->pool,       head->rx,  tail->fill,
					tail->completion, *tail->tx, tail->poll.fd};
		return true;
	}
	return false;
}

/* The packet at an address of the kernel's; NULL when there is none. */
static struct rte_mbuf *
packet_at(const struct rte_mempool *pool, uint64_t address)
{
	const struct rte_mempool_memhdr *memory = STAILQ_FIRST(&pool->mem_list);
	uintptr_t base = (uintptr_t)memory->addr & ~(uintptr_t)(getpagesize() - 1);
	uintptr_t at = base + (address & ADDRESS_MASK) + pool->header_size;
	struct rte_mbuf *packet = (struct rte_mbuf *)at;

	if (at < (uintptr_t)memory->addr ||
	    at + sizeof(*packet) > (uintptr_t)memory->addr + memory->len ||
	    at % RTE_CACHE_LINE_SIZE || packet->pool != pool || rte_mbuf_refcnt_read(packet) == 0)
		return NULL;
	return packet;
}

/* Takes what lies between two indices of a ring, whose entries are addresses, or begin with one. */
static uint32_t
take(struct rescue *rescue, const struct queue *queue, const struct ring *ring, size_t entry,
     uint32_t from, uint32_t to)
{
	uint32_t taken = 0;

	for (; from != to; from++) {
		const uint8_t *at = (const uint8_t *)ring->entries + (from & ring->mask) * entry;
		struct rte_mbuf *packet = packet_at(queue->pool, *(const uint64_t *)at);

		if (!packet)
			continue;
		rescue->packets[rescue->count++] = packet;
		taken++;
	}
	return taken;
}

/* Whether the NIC itself may still write where the fill ring told it to, some time after the socket is closed. */
static bool
is_direct(const struct port *port, const struct queue *queue)
{
	struct xdp_options options = {0};
	socklen_t length = sizeof(options);

	if (atomic_load(&port->gone))
		return false;
	return getsockopt(queue->socket, SOL_XDP, XDP_OPTIONS, &options, &length) < 0 ||
	       (options.flags & XDP_OPTIONS_ZEROCOPY);
}

/* The kernel may be moving packets on from ring to ring: the later ring is read first, so that none is seen
 * twice. One that is missed is lost, no more. */
static void
look_at(const struct port *port, struct rescue *rescue, const struct queue *queue)
{
	uint32_t rx_end = load(queue->rx.producer);
	uint32_t done_end = load(queue->completion.producer);
	uint32_t tx_begin = load(queue->tx.consumer);
	uint32_t held = port->quirks->keeps;
	uint32_t found = 0;

	take(rescue, queue, &queue->completion, sizeof(uint64_t), load(queue->completion.consumer),
	     done_end);
	take(rescue, queue, &queue->tx, sizeof(struct xdp_desc), tx_begin,
	     load(queue->tx.producer));
	/* Each packet that the kernel took to send comes through the completion ring once. */
	rescue->lost += tx_begin - done_end;
	if (!is_direct(port, queue)) {
		found = take(rescue, queue, &queue->rx, sizeof(struct xdp_desc),
			     load(queue->rx.consumer), rx_end);
		found += take(rescue, queue, &queue->fill, sizeof(uint64_t),
			      load(queue->fill.consumer), load(queue->fill.producer));
	}
	rescue->lost += found < held ? held - found : 0;
}

static uint64_t
inode_of(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) < 0 ? 0 : stat.st_ino;
}

/* Closes what the driver left open: a socket that is still the one it was. */
static void
close_sockets(const struct rescue *rescue)
{
	for (unsigned i = 0; i < rescue->socket_count; i++) {
		const struct rescue_socket *socket = &rescue->sockets[i];

		if (socket->inode && inode_of(socket->fd) == socket->inode)
			close(socket->fd);
	}
}

void
rescue_look(const struct port *port, struct rescue *rescue)
{
	size_t most = FILL_RING + AF_XDP_SEND_PACKETS + 2 * (size_t)port->rx_ring;
	void **queues = rte_eth_fp_ops[port->id].rxq.data;

	struct queue queue;

	*rescue = (struct rescue){.known = RTE_VER_YEAR == 22 && RTE_VER_MONTH == 11};
	for (uint16_t i = 0; i < port->rx_queues && rescue->known; i++)
		rescue->known = read_queue(port, queues[i], &queue);
	if (rescue->known) {
		rescue->packets = calloc(port->rx_queues * most + 1, sizeof(struct rte_mbuf *));
		rescue->sockets = calloc(port->rx_queues + 1, sizeof(*rescue->sockets));
	}
	rescue->known = rescue->packets && rescue->sockets;
	if (!rescue->known)
		rescue->maybe = port->tx_queues * (port->rx_ring + (uint32_t)AF_XDP_SEND_PACKETS);
	for (uint16_t i = 0; i < port->rx_queues && rescue->known; i++) {
		if (!read_queue(port, queues[i], &queue))
			continue;
		look_at(port, rescue, &queue);
		rescue->sockets[rescue->socket_count++] =
			(struct rescue_socket){queue.socket, inode_of(queue.socket)};
	}
}

void
rescue_free(struct port *port, struct rescue *rescue)
{
	struct port_pool *pool = port->pool;

	close_sockets(rescue);
	free(rescue->sockets);
	for (uint32_t i = 0; i < rescue->count; i++)
		rte_pktmbuf_free(rescue->packets[i]);
	free(rescue->packets);
	pool->driver_holds -= port->kept;
	pool->forgotten += rescue->known ? rescue->lost : port->kept;
	pool->may_hold += rescue->maybe;
	port->kept = 0;
}
