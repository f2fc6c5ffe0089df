/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/own_many.h"

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "core/banned.h"

#define MANY_MAX 32

static inline uint32_t
shown(const struct own_many *many, const struct rte_mbuf *packet)
{
	return RTE_MIN(packet->data_len, many->most);
}

/* Whether all is copied; else headers, and a window behind them, or a window alone. */
static inline bool
is_whole(const struct own *own, const struct own_many *many, uint32_t length)
{
	return many->depths && ((many->manner & OWN_ONE_SEGMENT) || length < own->copy_break);
}

uint32_t
own_many_can(const struct own *own, struct rte_mbuf *const *packets, uint32_t which,
	     const struct own_many *many)
{
	uint32_t most = many->manner >> OWN_SEGMENTS;
	uint32_t room = rte_pktmbuf_data_room_size(own->packets) - RTE_PKTMBUF_HEADROOM;

	if (most == 1 || most == 2)
		return 0;
	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);
		const struct rte_mbuf *packet = packets[i];
		uint32_t length = shown(many, packet);
		bool can = packet->nb_segs == 1;

		/* What is written lies in what is shown. */
		if (many->depths)
			can &= many->depths[i] < length &&
			       (is_whole(own, many, length) ? length <= room
							    : many->depths[i] <= WINDOW_HEADERS);
		which &= ~((uint32_t)!can << i);
	}
	return which;
}

/* What goes with a packet through whatever is made of it; blank is as its pool gives it. */
static inline void
begin(struct rte_mbuf *blank, const struct rte_mbuf *from, uint32_t bytes)
{
	blank->data_off = RTE_PKTMBUF_HEADROOM;
	blank->port = from->port;
	blank->ol_flags = 0;
	blank->packet_type = 0;
	blank->data_len = bytes;
	blank->pkt_len = bytes;
	blank->tx_offload = 0;
	rte_mbuf_dynfield_copy(blank, from);
}

/* The mbufs that both pools give, in the order in which packets want them. */
struct blanks {
	struct rte_mbuf *small[2 * MANY_MAX], *large[MANY_MAX];
	unsigned small_count, large_count;
};

static bool
get_blanks(const struct own *own, struct blanks *blanks)
{
	if (blanks->small_count &&
	    rte_mempool_get_bulk(own->headers, (void **)blanks->small, blanks->small_count) < 0)
		return false;
	if (blanks->large_count == 0 ||
	    rte_mempool_get_bulk(own->packets, (void **)blanks->large, blanks->large_count) == 0)
		return true;
	if (blanks->small_count)
		rte_mempool_put_bulk(own->headers, (void **)blanks->small, blanks->small_count);
	return false;
}

static void
count_blanks(const struct own *own, struct rte_mbuf *const *packets, uint32_t which,
	     const struct own_many *many, struct blanks *blanks)
{
	blanks->small_count = blanks->large_count = 0;
	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);
		bool whole = is_whole(own, many, shown(many, packets[i]));

		blanks->large_count += whole;
		blanks->small_count += whole ? 0 : many->depths ? 2 : 1;
	}
}

static struct rte_mbuf *
copy_whole(struct rte_mbuf *blank, struct rte_mbuf *packet, uint32_t length)
{
	begin(blank, packet, length);
	rte_memcpy(rte_pktmbuf_mtod(blank, void *), rte_pktmbuf_mtod(packet, const void *), length);
	rte_pktmbuf_free_seg(packet);
	return blank;
}

static struct rte_mbuf *
show(struct rte_mbuf *blank, struct rte_mbuf *packet, uint32_t length)
{
	begin(blank, packet, length);
	window_show(blank, packet, 0, length);
	return blank;
}

static struct rte_mbuf *
copy_headers(struct rte_mbuf *const blanks[2], struct rte_mbuf *packet, uint16_t depth,
	     uint32_t length)
{
	struct rte_mbuf *first = blanks[0];

	begin(first, packet, depth);
	rte_memcpy(rte_pktmbuf_mtod(first, void *), rte_pktmbuf_mtod(packet, const void *), depth);
	window_show(blanks[1], packet, depth, length - depth);
	first->next = blanks[1];
	first->nb_segs = 2;
	first->pkt_len = length;
	return first;
}

bool
own_many_take(struct own *own, struct rte_mbuf **packets, uint32_t which,
	      const struct own_many *many, bool *chained)
{
	enum own_way way = many->manner & OWN_ONE_SEGMENT ? OWN_FLAT : OWN_SHORT;
	struct own_copies whole = {0}, headers = {0};
	struct blanks blanks;
	unsigned small = 0;

	count_blanks(own, packets, which, many, &blanks);
	if (unlikely(!get_blanks(own, &blanks)))
		return false;
	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);
		uint32_t length = shown(many, packets[i]);

		if (!many->depths) {
			packets[i] = show(blanks.small[small++], packets[i], length);
		} else if (is_whole(own, many, length)) {
			packets[i] = copy_whole(blanks.large[whole.packets++], packets[i], length);
			whole.bytes += length;
		} else {
			packets[i] = copy_headers(&blanks.small[small], packets[i], many->depths[i],
						  length);
			small += 2;
			headers.packets++;
			headers.bytes += many->depths[i];
		}
	}
	own->copies[way].packets += whole.packets;
	own->copies[way].bytes += whole.bytes;
	own->copies[OWN_HEADERS].packets += headers.packets;
	own->copies[OWN_HEADERS].bytes += headers.bytes;
	*chained |= headers.packets > 0;
	return true;
}
