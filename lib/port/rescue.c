/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/rescue.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/units.h"
#include "port/driver.h"
#include "port/leftover.h"

#include "core/banned.h"

#define SETTLE_STEPS 20
#define SETTLE_STEP_NS 1000000

static int
reserve(struct rescue_list *list, uint32_t more)
{
	uint32_t room = list->count + more;
	struct rte_mbuf **grown;

	if (room <= list->room)
		return 0;
	grown = realloc(list->packets, room * sizeof(struct rte_mbuf *));
	if (!grown)
		return -ENOMEM;
	list->packets = grown;
	list->room = room;
	return 0;
}

/* The packet at an address of the kernel's; NULL when there is none. */
static struct rte_mbuf *
packet_at(const struct rte_mempool *pool, uint64_t address)
{
	const struct rte_mempool_memhdr *memory = STAILQ_FIRST(&pool->mem_list);
	uintptr_t base = (uintptr_t)memory->addr & ~(uintptr_t)(getpagesize() - 1);
	uintptr_t at = base + address + pool->header_size;
	struct rte_mbuf *packet = (struct rte_mbuf *)at;

	if (at < (uintptr_t)memory->addr ||
	    at + sizeof(*packet) > (uintptr_t)memory->addr + memory->len ||
	    at % RTE_CACHE_LINE_SIZE || packet->pool != pool || rte_mbuf_refcnt_read(packet) == 0)
		return NULL;
	return packet;
}

static void
take(struct rescue *rescue, struct rescue_list *list, const struct rte_mempool *pool,
     const struct xsk_ring *ring, uint32_t index)
{
	struct rte_mbuf *packet = packet_at(pool, xsk_address(ring, index));

	if (packet)
		list->packets[list->count++] = packet;
	else
		rescue->lost++;
}

/* Whether what the kernel put into a ring is what it was given in another, in that order, as far as
 * both still show it. An entry that was taken out may already be written anew, with the one that
 * will have its place. */
static bool
in_order(const struct xsk_ring *given, const struct xsk_ring *back)
{
	uint32_t end = xsk_load(back->producer);
	uint32_t given_end = xsk_load(given->producer);

	for (uint32_t i = end - RTE_MIN(end, back->size); i != end; i++) {
		uint64_t address = xsk_address(back, i);
		uint32_t next = i + back->size;

		if (given_end - i > given->size || address == xsk_address(given, i))
			continue;
		if ((int32_t)(given_end - next) <= 0 || address != xsk_address(given, next))
			return false;
	}
	return true;
}

static bool
has(const struct rescue_list *list, uint32_t from, const struct rte_mbuf *packet)
{
	while (from < list->count) {
		if (list->packets[from++] == packet)
			return true;
	}
	return false;
}

/* What the kernel shows to have, and not in two rings while it moves it from one to the other. */
static uint32_t
collect_shown(struct rescue *rescue, struct rescue_list *list, const struct rte_mempool *pool,
	      const struct xsk_rings *rings, uint32_t back, uint32_t end)
{
	uint32_t received = xsk_load(rings->rx.producer), first = list->count;

	for (uint32_t i = back; i != received; i++)
		take(rescue, list, pool, &rings->rx, i);
	for (uint32_t i = xsk_load(rings->fill.consumer); i != end; i++) {
		if (!has(list, first, packet_at(pool, xsk_address(&rings->fill, i))))
			take(rescue, list, pool, &rings->fill, i);
	}
	return list->count - first;
}

/*
 * Where in the kernel a packet to be received into is does not matter, and changes while one looks:
 * those that were given and did not come out again are the driver's, which are the ones given last.
 * Only a NIC that was overrun gives them back in another order; then those are lost that it has
 * itself.
 */
static void
collect_received(struct rescue *rescue, struct rescue_list *list, const struct rte_mempool *pool,
		 const struct xsk_rings *rings)
{
	uint32_t end = xsk_load(rings->fill.producer);
	uint32_t back = xsk_load(rings->rx.consumer);
	uint32_t held = end - back, lost = rescue->lost, found;

	if (held > AF_XDP_FILL_PACKETS) {
		rescue->lost += AF_XDP_FILL_PACKETS;
		return;
	}
	if (!in_order(&rings->fill, &rings->rx)) {
		found = collect_shown(rescue, list, pool, rings, back, end);
		rescue->lost = lost + held - RTE_MIN(held, found);
		return;
	}
	for (uint32_t i = back; i != end; i++)
		take(rescue, list, pool, &rings->fill, i);
}

/* What was given to be sent and was not yet taken back as sent. */
static void
collect_sent(struct rescue *rescue, struct rescue_list *idle, struct rescue_list *busy,
	     const struct rte_mempool *pool, const struct xsk_rings *rings)
{
	const struct xsk_ring *tx = &rings->tx, *completion = &rings->completion;
	uint32_t done = xsk_load(completion->producer);
	uint32_t end = xsk_load(tx->producer);
	uint32_t begun = xsk_load(tx->consumer);
	bool ordered = in_order(tx, completion);

	for (uint32_t i = xsk_load(completion->consumer); i != done; i++)
		take(rescue, &rescue->now, pool, completion, i);
	rescue->unsent += end - done;
	for (uint32_t i = done; i != end; i++) {
		bool waits = (int32_t)(i - begun) >= 0;

		if (end - i > tx->size || (!waits && !ordered))
			rescue->lost++;
		else
			take(rescue, waits ? idle : busy, pool, tx, i);
	}
}

/* Adds what a queue's rings hold. direct: the NIC itself may still write to or read from packets
 * some time after the socket is closed. gone: there is no NIC any more. -ENOMEM. */
static int
rescue_collect(struct rescue *rescue, const struct rte_mempool *pool, const struct xsk_rings *rings,
	       bool direct, bool gone)
{
	uint32_t most = AF_XDP_FILL_PACKETS + AF_XDP_SEND_PACKETS + rings->tx.size;
	/* The kernel works on copies, and no more once the socket is closed; but packets on their
	 * way may have a part of the memory itself. */
	struct rescue_list *idle = direct && !gone ? &rescue->later : &rescue->now;
	struct rescue_list *busy = gone ? &rescue->now : &rescue->later;

	if (reserve(&rescue->now, most) < 0 || reserve(&rescue->later, most) < 0)
		return -ENOMEM;
	rescue->queues++;
	collect_received(rescue, idle, pool, rings);
	collect_sent(rescue, idle, busy, pool, rings);
	return 0;
}

static bool
is_direct(int socket)
{
	struct xdp_options options = {0};
	socklen_t length = sizeof(options);

	return getsockopt(socket, SOL_XDP, XDP_OPTIONS, &options, &length) < 0 ||
	       (options.flags & XDP_OPTIONS_ZEROCOPY);
}

void
rescue_prepare(struct port *port)
{
	port->rings = calloc(port->left.count + 1, sizeof(*port->rings));
	for (unsigned i = 0; i < port->left.count && port->rings; i++) {
		const struct leftover *left = &port->left.items[i];

		if (left->socket)
			xsk_map(left->fd, port->rx_ring, &port->rings[i]);
	}
}

static bool
all_sent(const struct port *port)
{
	for (unsigned i = 0; i < port->left.count; i++) {
		const struct xsk_rings *rings = &port->rings[i];

		if (rings->fill.map &&
		    xsk_load(rings->tx.producer) != xsk_load(rings->completion.consumer))
			return false;
	}
	return true;
}

/* The driver collects what it sent only when it sends again, be it nothing. */
static void
settle(const struct port *port)
{
	for (unsigned step = 0; step < SETTLE_STEPS && !all_sent(port); step++) {
		if (step)
			nanosleep(&(struct timespec){.tv_nsec = SETTLE_STEP_NS}, NULL);
		for (uint16_t queue = 0; queue < port->tx_queues; queue++)
			rte_eth_tx_burst(port->id, queue, NULL, 0);
	}
}

void
rescue_look(struct port *port, struct rescue *rescue)
{
	bool gone = atomic_load(&port->gone);

	*rescue = (struct rescue){0};
	if (!port->rings)
		return;
	leftover_list(&rescue->before);
	if (port->started)
		settle(port);
	for (unsigned i = 0; i < port->left.count; i++) {
		if (port->rings[i].fill.map)
			rescue_collect(rescue, port->pool->pool, &port->rings[i],
				       is_direct(port->left.items[i].fd), gone);
	}
}

/* Whatever is left of the device, be it made while it was closed. */
static void
close_left(struct port *port, struct rescue *rescue)
{
	struct leftovers late;

	for (unsigned i = 0; i < port->left.count; i++)
		xsk_unmap(&port->rings[i]);
	free(port->rings);
	port->rings = NULL;
	leftover_close(&port->left);
	leftover_list(&late);
	leftover_subtract(&late, &rescue->before);
	leftover_close(&late);
	leftover_free(&rescue->before);
}

static void
free_list(struct rescue_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		rte_pktmbuf_free(list->packets[i]);
	free(list->packets);
	*list = (struct rescue_list){0};
}

/* Behind what was kept before. */
static void
keep(struct port *port, struct rescue *rescue)
{
	struct rescue_list *kept = &port->later, *more = &rescue->later;

	if (more->count && reserve(kept, more->count) == 0) {
		for (uint32_t i = 0; i < more->count; i++)
			kept->packets[kept->count++] = more->packets[i];
		port->pool->driver_holds += more->count;
	} else {
		rescue->lost += more->count;
	}
	free(more->packets);
}

void
rescue_free(struct port *port, struct rescue *rescue)
{
	struct port_pool *pool = port->pool;
	uint32_t queues = port->quirks->keeps ? port->kept / port->quirks->keeps : 0;

	if (!port->rings)
		return;
	close_left(port, rescue);
	/* Without rings to look at. */
	if (rescue->queues < queues) {
		rescue->lost += (queues - rescue->queues) * port->quirks->keeps;
		pool->may_hold += port->tx_queues * (port->rx_ring + (uint32_t)AF_XDP_SEND_PACKETS);
	}
	free_list(&rescue->now);
	keep(port, rescue);
	if (atomic_load(&port->gone))
		rescue_later(port);
	if (rescue->unsent)
		log_warning("port %s: %" PRIu32 " packet%s could not leave before it was closed",
			    port->config->name, rescue->unsent, units_plural(rescue->unsent));
	port->past.tx_errors += rescue->unsent;
	pool->driver_holds -= port->kept;
	pool->forgotten += rescue->lost;
	port->kept = 0;
}

void
rescue_later(struct port *port)
{
	if (port->pool)
		port->pool->driver_holds -= port->later.count;
	free_list(&port->later);
}
