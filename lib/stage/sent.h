/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sent: what a lane of a replay handed over, and when, for whoever compares it with what comes
 * back. A ring of references: what left is looked at as it left, edited and padded, and a block of
 * the capture stays as it is until that was done. One writer, the lane's worker, which waits for
 * nobody: what there is no room for is counted. One reader.
 *
 * A packet may be back before it is noted that it left. So the writer says while packets are on
 * their way into a port (under_way); a reader that first looks at what came back, then waits for
 * the end of what is under way, and then reads, has read of all that came back.
 */
#ifndef STAGE_SENT_H
#define STAGE_SENT_H

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sent_packet {
	struct rte_mbuf *packet; /* a reference, the reader's to give back */
	uint64_t at_ns;          /* handed over, on the engine's clock; offline when it was due */
	uint32_t run;            /* of the replay, see struct lane_tally */
};

struct sent {
	uint32_t mask;
	/* Called by the worker when something was noted: the reader, where it is no thread; else
	 * NULL. */
	void (*noted)(struct sent *sent);
	void *reader; /* its own */

	/* Written by the worker. */
	_Atomic uint64_t written __attribute__((aligned(64)));
	_Atomic uint64_t missed;    /* packets that left, and for which there was no room */
	_Atomic uint64_t under_way; /* odd: packets leave, and are not noted yet */
	uint64_t read_seen;
	/* Written by the reader. */
	_Atomic uint64_t read __attribute__((aligned(64)));

	struct sent_packet packets[] __attribute__((aligned(64)));
};

/* Room for so many packets, a power of two; to be freed when what is in it was read, or by
 * sent_free, which gives references back. NULL: no memory. Any thread. */
struct sent *sent_make(uint32_t packets, int numa);
void sent_free(struct sent *sent);

/* Worker, before packets leave: takes references to as many of them, from the front, as there is
 * room for, and returns how many. sent_note must follow. */
static inline uint16_t
sent_hold(struct sent *sent, struct rte_mbuf *const *packets, uint16_t count)
{
	uint64_t written = atomic_load_explicit(&sent->written, memory_order_relaxed);
	uint64_t under_way = atomic_load_explicit(&sent->under_way, memory_order_relaxed);
	uint64_t room = sent->read_seen + sent->mask + 1 - written;

	/* Whoever sees a packet that came back sees this before. */
	atomic_store_explicit(&sent->under_way, under_way + 1, memory_order_seq_cst);
	if (unlikely(room < count)) {
		sent->read_seen = atomic_load_explicit(&sent->read, memory_order_acquire);
		room = sent->read_seen + sent->mask + 1 - written;
		count = RTE_MIN(room, (uint64_t)count);
	}
	for (uint16_t i = 0; i < count; i++)
		rte_mbuf_refcnt_update(packets[i], 1);
	return count;
}

/* Worker: of packets of which the first held are held, the first left have left, each at times[i],
 * or where that is NULL all at at_ns. The others are the caller's alone again. */
static inline void
sent_note(struct sent *sent, struct rte_mbuf *const *packets, uint16_t held, uint16_t left,
	  const uint64_t *times, uint64_t at_ns, uint32_t run)
{
	uint64_t written = atomic_load_explicit(&sent->written, memory_order_relaxed);
	uint64_t under_way = atomic_load_explicit(&sent->under_way, memory_order_relaxed);
	uint16_t count = RTE_MIN(held, left);

	for (uint16_t i = 0; i < count; i++)
		sent->packets[(written + i) & sent->mask] =
			(struct sent_packet){packets[i], times ? times[i] : at_ns, run};
	for (uint16_t i = count; i < held; i++)
		rte_mbuf_refcnt_update(packets[i], -1);
	if (unlikely(left > held))
		atomic_store_explicit(&sent->missed,
				      atomic_load_explicit(&sent->missed, memory_order_relaxed) +
					      left - held,
				      memory_order_relaxed);
	atomic_store_explicit(&sent->written, written + count, memory_order_release);
	atomic_store_explicit(&sent->under_way, under_way + 1, memory_order_release);
	if (sent->noted)
		sent->noted(sent);
}

/* Reader: waits until what is on its way into a port as this is called was noted, for at most
 * patience_ns. False: it was not. */
bool sent_settle(struct sent *sent, uint64_t patience_ns);

/* Reader: the next packet, or NULL; valid until sent_drop, which takes count of them off. The
 * references are the reader's from then on. */
static inline const struct sent_packet *
sent_peek(struct sent *sent, uint64_t ahead)
{
	uint64_t read = atomic_load_explicit(&sent->read, memory_order_relaxed) + ahead;

	if (read == atomic_load_explicit(&sent->written, memory_order_acquire))
		return NULL;
	return &sent->packets[read & sent->mask];
}

static inline void
sent_drop(struct sent *sent, uint64_t count)
{
	uint64_t read = atomic_load_explicit(&sent->read, memory_order_relaxed);

	atomic_store_explicit(&sent->read, read + count, memory_order_release);
}

#endif
