/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Window: an mbuf without memory of its own that shows a part of another one's bytes, and holds
 * that one until it is freed. For DPDK it is an external buffer whose callback gives the other mbuf
 * back; the shared info lies behind the window itself, so its count is never more than one, however
 * often the window is referred to.
 *
 * rte_pktmbuf_attach is none: of a replay's packet it would share the info that lies behind that
 * packet's mbuf. A window holds the mbuf, whatever kind its buffer is: the pool's own, external,
 * pinned, or a window.
 */
#ifndef PACKET_WINDOW_H
#define PACKET_WINDOW_H

#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;

/* What the mbufs of the pool have of their own, so that the same ones serve as headers of edited
 * packets. */
#define WINDOW_ROOM 128    /* in front */
#define WINDOW_HEADERS 192 /* behind that */

/* A pool of count mbufs, which no device may receive into: net_af_xdp takes whatever comes of its
 * own pool for its own memory. cache as in rte_mempool_create. NULL with rte_errno. Control
 * thread. */
struct rte_mempool *window_pool(const char *name, unsigned count, unsigned cache, int numa);

/* What a pool of so many takes. */
uint64_t window_pool_bytes(unsigned count);

/* Makes a window of blank, an mbuf of such a pool as rte_mbuf_raw_alloc gives it: over length bytes
 * from offset on of one segment, which lie in it. A reference to the segment is taken over. Nobody
 * may write through it, and nothing fits in front of it. Worker. */
void window_show(struct rte_mbuf *blank, struct rte_mbuf *segment, uint16_t offset,
		 uint16_t length);

#endif
