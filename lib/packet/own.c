/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/own.h"

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>
#include <stdbool.h>

#include "core/banned.h"

/* count mbufs, each the next one's; NULL without so many. */
static struct rte_mbuf *
get_blanks(struct rte_mempool *pool, unsigned count)
{
	struct rte_mbuf *first = NULL;

	for (; count; count--) {
		struct rte_mbuf *blank = rte_mbuf_raw_alloc(pool);

		if (unlikely(!blank)) {
			rte_pktmbuf_free(first);
			return NULL;
		}
		blank->ol_flags = 0;
		blank->data_off = WINDOW_ROOM;
		blank->data_len = 0;
		blank->next = first;
		first = blank;
	}
	return first;
}

/* What goes with a packet through whatever is made of it. */
static void
inherit(struct rte_mbuf *packet, const struct rte_mbuf *from)
{
	packet->port = from->port;
	packet->packet_type = 0;
	packet->tx_offload = 0;
	rte_mbuf_dynfield_copy(packet, from);
}

/* Copies length bytes from offset on, which may lie in several segments. */
static void
copy(uint8_t *into, const struct rte_mbuf *packet, uint32_t offset, uint32_t length)
{
	for (; length; packet = packet->next) {
		uint32_t part;

		if (offset >= packet->data_len) {
			offset -= packet->data_len;
			continue;
		}
		part = RTE_MIN(packet->data_len - offset, length);
		rte_memcpy(into, rte_pktmbuf_mtod_offset(packet, const void *, offset), part);
		into += part;
		length -= part;
		offset = 0;
	}
}

/* How many segments have some of the bytes from low to high. */
static unsigned
count_segments(const struct rte_mbuf *packet, uint32_t low, uint32_t high)
{
	uint32_t at = 0;
	unsigned count = 0;

	for (; packet && low < high && at < high; packet = packet->next) {
		at += packet->data_len;
		count += at > low && packet->data_len > 0;
	}
	return count;
}

/* Makes a window of each of the chained blanks, over the bytes from low to high, and lets go of
 * what shows nothing. */
static void
open_windows(struct rte_mbuf *blank, struct rte_mbuf *packet, uint32_t low, uint32_t high)
{
	struct rte_mbuf *next;
	uint32_t at = 0, end;

	for (; packet; packet = next, at = end) {
		uint32_t from = RTE_MAX(at, low), to;

		next = packet->next;
		end = at + packet->data_len;
		to = RTE_MIN(end, high);
		if (from < to) {
			window_show(blank, packet, from - at, to - from);
			blank = blank->next;
		} else {
			rte_pktmbuf_free_seg(packet);
		}
	}
}

/* Copies what the caller won't write over of the bytes from low to high. Returns how many those
 * are. */
static uint32_t
copy_around(uint8_t *into, const struct rte_mbuf *packet, const struct own_part *part, uint32_t low,
	    uint32_t high)
{
	uint32_t from = RTE_MIN(RTE_MAX(part->fill_from, low), high);
	uint32_t to = RTE_MAX(RTE_MIN(part->fill_to, high), from);

	copy(into, packet, part->skip + low, from - low);
	copy(into + (to - low), packet, part->skip + to, high - to);
	return from - low + (high - to);
}

/* The pool whose mbufs have room for bytes: those that are written lie side by side, whatever
 * memory.packet-size is. NULL where none has. */
static struct rte_mempool *
pool_for(const struct own *own, const struct own_part *part, uint32_t bytes, enum own_way way)
{
	bool small = way == OWN_HEADERS && bytes <= WINDOW_HEADERS;

	if (!small &&
	    likely(part->depth + RTE_PKTMBUF_HEADROOM <= rte_pktmbuf_data_room_size(own->packets)))
		return own->packets;
	return part->depth <= WINDOW_HEADERS ? own->headers : NULL;
}

/* The first bytes of a part, in as many segments as they take. */
static struct rte_mbuf *
copy_first(struct own *own, const struct rte_mbuf *packet, const struct own_part *part,
	   uint32_t bytes, enum own_way way)
{
	struct rte_mempool *pool = pool_for(own, part, bytes, way);
	struct rte_mbuf *first = pool ? rte_pktmbuf_alloc(pool) : NULL;
	uint32_t done = 0, copied = 0;

	for (struct rte_mbuf *segment = first; segment; segment = segment->next) {
		uint32_t here = RTE_MIN(bytes - done, (uint32_t)rte_pktmbuf_tailroom(segment));

		copied += copy_around(rte_pktmbuf_mtod(segment, uint8_t *), packet, part, done,
				      done + here);
		segment->data_len = here;
		done += here;
		if (done == bytes) {
			if (way == OWN_HEADERS && copied > WINDOW_HEADERS)
				way = OWN_DEEP;
			own->copies[way].packets++;
			own->copies[way].bytes += copied;
			first->pkt_len = bytes;
			return first;
		}
		segment->next = rte_pktmbuf_alloc(own->packets);
		first->nb_segs += segment->next != NULL;
	}
	rte_pktmbuf_free(first);
	return NULL;
}

/* Room for bytes at the end of a chain that was copied. */
static bool
extend(struct own *own, struct rte_mbuf *packet, uint16_t bytes)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(packet);

	packet->pkt_len += bytes;
	if (likely(rte_pktmbuf_tailroom(last) >= bytes)) {
		last->data_len += bytes;
		return true;
	}
	last->next = get_blanks(own->headers, 1);
	if (!last->next)
		return false;
	last->next->data_len = bytes;
	packet->nb_segs++;
	return true;
}

/* A packet of another one's part: the first bytes copied, the rest shown. */
static struct rte_mbuf *
make(struct own *own, struct rte_mbuf *packet, const struct own_part *part, uint32_t bytes,
     enum own_way way)
{
	uint32_t low = part->skip + bytes, high = part->skip + part->length;
	unsigned windows = count_segments(packet, low, high);
	/* What is put behind windows has a segment of its own. */
	unsigned count = windows && part->back ? windows + 1 : windows;
	struct rte_mbuf *shown = get_blanks(own->headers, count), *first = shown;

	if (unlikely(count && !shown))
		return NULL;
	if (bytes) {
		first = copy_first(own, packet, part, bytes, way);
		if (unlikely(!first ||
			     (part->back && !windows && !extend(own, first, part->back)))) {
			rte_pktmbuf_free(first);
			rte_pktmbuf_free(shown);
			return NULL;
		}
		first->nb_segs += count;
	} else {
		first->nb_segs = count;
	}
	inherit(first, packet);
	if (count > windows)
		rte_pktmbuf_lastseg(shown)->data_len = part->back;
	open_windows(shown, packet, low, high);
	if (bytes)
		rte_pktmbuf_lastseg(first)->next = shown;
	first->pkt_len = part->length + part->back;
	return first;
}

/* Whether it can be done to the packet itself, which nobody else has. */
static bool
fits(struct rte_mbuf *packet, const struct own_part *part, uint32_t written, unsigned manner)
{
	const struct rte_mbuf *last;

	if (part->skip >= packet->data_len || ((manner & OWN_ONE_SEGMENT) && packet->next))
		return false;
	if (written + part->front &&
	    (!RTE_MBUF_DIRECT(packet) || part->skip + written > packet->data_len ||
	     part->front > rte_pktmbuf_headroom(packet) + part->skip))
		return false;
	if (part->back == 0)
		return true;
	last = rte_pktmbuf_lastseg(packet);
	return part->skip + part->length == packet->pkt_len && RTE_MBUF_DIRECT(last) &&
	       rte_mbuf_refcnt_read(last) == 1 && rte_pktmbuf_tailroom(last) >= part->back;
}

static struct rte_mbuf *
take_itself(struct rte_mbuf *packet, const struct own_part *part)
{
	packet->data_off += part->skip;
	packet->data_len -= part->skip;
	packet->pkt_len -= part->skip;
	if (part->length < packet->pkt_len)
		own_cut(packet, part->length);
	if (part->back) {
		rte_pktmbuf_lastseg(packet)->data_len += part->back;
		packet->pkt_len += part->back;
	}
	return packet;
}

void
own_cut(struct rte_mbuf *packet, uint32_t length)
{
	struct rte_mbuf *last = packet;
	unsigned segments = 1;

	packet->pkt_len = length;
	for (; length > last->data_len; segments++) {
		length -= last->data_len;
		last = last->next;
	}
	last->data_len = length;
	packet->nb_segs = segments;
	rte_pktmbuf_free(last->next);
	last->next = NULL;
}

/* Whether the target takes fewer segments than the headers and the windows behind them come to. */
static bool
has_too_many(const struct own *own, const struct rte_mbuf *packet, const struct own_part *part,
	     uint32_t written, unsigned manner)
{
	uint32_t most = manner >> OWN_SEGMENTS, room, headers;

	if (likely(most == 0 || packet->nb_segs + 2U <= most))
		return false;
	room = RTE_MAX(rte_pktmbuf_data_room_size(own->packets) - RTE_PKTMBUF_HEADROOM,
		       WINDOW_HEADERS);
	headers = (written + room - 1) / room;
	return headers + (part->back > 0) +
		       count_segments(packet, part->skip + written, part->skip + part->length) >
	       most;
}

struct rte_mbuf *
own_take(struct own *own, struct rte_mbuf *packet, const struct own_part *part, unsigned manner)
{
	uint32_t written = RTE_MAX(part->depth, part->fill_to);

	if ((manner & OWN_ALONE) && rte_mbuf_refcnt_read(packet) == 1 &&
	    fits(packet, part, written, manner))
		return take_itself(packet, part);
	if (written + part->front + part->back == 0) {
		if (part->skip == 0 && part->length == packet->pkt_len)
			return packet;
		/* A window is one segment if what it shows lies in one. */
		if (!((manner & OWN_ONE_SEGMENT) || has_too_many(own, packet, part, 0, manner)) ||
		    count_segments(packet, part->skip, part->skip + part->length) == 1)
			return make(own, packet, part, 0, OWN_HEADERS);
	}
	if ((manner & OWN_ONE_SEGMENT) || has_too_many(own, packet, part, written, manner))
		return make(own, packet, part, part->length, OWN_FLAT);
	if (part->length < own->copy_break)
		return make(own, packet, part, part->length, OWN_SHORT);
	return make(own, packet, part, written, OWN_HEADERS);
}
