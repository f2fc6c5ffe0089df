/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/window.h"

#include <rte_mbuf.h>

#include "core/banned.h"

/* A line of its own for the shared info, and the buffer behind it begins with one. */
#define PRIVATE RTE_CACHE_LINE_SIZE

_Static_assert(sizeof(struct rte_mbuf_ext_shared_info) <= PRIVATE, "the info lies behind the mbuf");
_Static_assert(WINDOW_ROOM == RTE_PKTMBUF_HEADROOM, "blanks have the room that DPDK gives them");

static void
closed(void *address, void *segment)
{
	rte_pktmbuf_free_seg(segment);
}

struct rte_mempool *
window_pool(const char *name, unsigned count, unsigned cache, int numa)
{
	return rte_pktmbuf_pool_create(name, count, cache, PRIVATE, WINDOW_ROOM + WINDOW_HEADERS,
				       numa);
}

uint64_t
window_pool_bytes(unsigned count)
{
	return (uint64_t)count *
	       rte_mempool_calc_obj_size(
		       sizeof(struct rte_mbuf) + PRIVATE + WINDOW_ROOM + WINDOW_HEADERS, 0, NULL);
}

void
window_show_external(struct rte_mbuf *blank, struct rte_mbuf *segment, uint16_t offset,
		     uint16_t length)
{
	struct rte_mbuf_ext_shared_info *shared = rte_mbuf_to_priv(blank);

	shared->free_cb = closed;
	shared->fcb_opaque = segment;
	rte_mbuf_ext_refcnt_set(shared, 1);
	blank->shinfo = shared;
	blank->buf_addr = rte_pktmbuf_mtod_offset(segment, void *, offset);
	rte_mbuf_iova_set(blank, rte_mbuf_data_iova(segment) + offset);
	blank->buf_len = length;
	blank->data_off = 0;
	blank->ol_flags = RTE_MBUF_F_EXTERNAL;
}
