/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/headers.h"

#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#include "core/banned.h"

static void
freed(void *address, void *opaque)
{
	struct timeline *timeline = opaque;
	uint64_t offset = (uint8_t *)address - timeline->arena;

	/* Padding lies elsewhere. */
	if (offset >> DISK_BLOCK_SHIFT < timeline->block_count)
		headers_release(timeline, offset);
}

static void
init(struct rte_mempool *pool, void *timeline, void *object, unsigned index)
{
	struct rte_mbuf *header = object;

	rte_pktmbuf_init(pool, NULL, object, index);
	header->shinfo = rte_mbuf_to_priv(header);
	header->shinfo->free_cb = freed;
	header->shinfo->fcb_opaque = timeline;
	rte_mbuf_ext_refcnt_set(header->shinfo, 1);
	header->ol_flags = RTE_MBUF_F_EXTERNAL;
}

struct rte_mempool *
headers_make(const char *name, unsigned count, unsigned cache, int numa, struct timeline *timeline)
{
	struct rte_pktmbuf_pool_private private = {
		.mbuf_priv_size =
			RTE_ALIGN(sizeof(struct rte_mbuf_ext_shared_info), RTE_MBUF_PRIV_ALIGN),
		.flags = timeline->resident ? RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF : 0,
	};
	struct rte_mempool *pool = rte_mempool_create_empty(
		name, count, sizeof(struct rte_mbuf) + private.mbuf_priv_size, cache,
		sizeof(private), numa, 0);

	if (!pool)
		return NULL;
	rte_errno = -rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
	if (rte_errno)
		goto failed;
	rte_pktmbuf_pool_init(pool, &private);
	if (rte_mempool_populate_default(pool) < 0) {
		rte_errno = ENOMEM;
		goto failed;
	}
	rte_mempool_obj_iter(pool, init, timeline);
	return pool;

failed:
	rte_mempool_free(pool);
	return NULL;
}

bool
headers_are_back(const struct rte_mempool *headers)
{
	return rte_mempool_full(headers);
}

bool
headers_pad(struct rte_mempool *headers, struct rte_mbuf *packet, uint16_t length, uint8_t *zeros,
	    rte_iova_t zeros_iova)
{
	struct rte_mbuf *tail;

	if (rte_mempool_get(headers, (void **)&tail) < 0)
		return false;
	tail->buf_addr = zeros;
	tail->buf_iova = zeros_iova;
	tail->buf_len = length - packet->data_len;
	tail->data_off = 0;
	tail->data_len = length - packet->data_len;
	tail->ol_flags = RTE_MBUF_F_EXTERNAL;
	rte_mbuf_ext_refcnt_set(tail->shinfo, 1);
	packet->next = tail;
	packet->nb_segs = 2;
	packet->pkt_len = length;
	return true;
}
