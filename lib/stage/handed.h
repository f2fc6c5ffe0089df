/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handed: what a lane of a replay handed over, and when, for whoever compares it with what comes
 * back. A ring of references: what left is looked at as it left, edited and padded, and a block of
 * the capture stays as it is until that was done. One writer, the lane's worker, which waits for
 * nobody: what there is no room for is counted. One reader.
 *
 * A packet may be back before it is noted that it left. So the writer says while packets are on
 * their way into a port (under_way); a reader that first looks at what came back, then waits for
 * the end of what is under way, and then reads, has read of all that came back.
 */
#ifndef STAGE_HANDED_H
#define STAGE_HANDED_H

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct handed_packet {
	struct rte_mbuf *packet; /* a reference, the reader's to give back */
	uint64_t at_ns;          /* handed over, on the engine's clock; offline when it was due */
	uint64_t run;            /* of which run of a replay it is, a number of its own */
};

struct handed {
	uint32_t mask;
	/* Called by the worker when something was noted: the reader, where it is no thread; else
	 * NULL. */
	void (*noted)(struct handed *handed);
	void *reader; /* its own */

	/* Written by the worker. */
	_Atomic uint64_t written __attribute__((aligned(64)));
	_Atomic uint64_t missed;    /* packets that left, and for which there was no room */
	_Atomic uint64_t under_way; /* odd: packets leave, and are not noted yet */
	uint64_t read_seen;
	/* Written by the reader. */
	_Atomic uint64_t read __attribute__((aligned(64)));

	struct handed_packet packets[] __attribute__((aligned(64)));
};

/* Room for so many packets, a power of two; to be freed when what is in it was read, or by
 * handed_free, which gives references back. NULL: no memory. Any thread. */
struct handed *handed_make(uint32_t packets, int numa);
void handed_free(struct handed *handed);

/* Each segment is counted: whoever frees the packet frees them one by one. */
static inline void
handed_refer(struct rte_mbuf *packet, int16_t change)
{
	if (likely(packet->nb_segs == 1))
		rte_mbuf_refcnt_update(packet, change);
	else
		rte_pktmbuf_refcnt_update(packet, change);
}

/* Worker, before packets leave: takes references to as many of them, from the front, as there is
 * room for, and returns how many. handed_note must follow. */
static inline uint16_t
handed_hold(struct handed *handed, struct rte_mbuf *const *packets, uint16_t count)
{
	uint64_t written = atomic_load_explicit(&handed->written, memory_order_relaxed);
	uint64_t under_way = atomic_load_explicit(&handed->under_way, memory_order_relaxed);
	uint64_t room = handed->read_seen + handed->mask + 1 - written;

	/* Whoever sees a packet that came back sees this before. */
	atomic_store_explicit(&handed->under_way, under_way + 1, memory_order_seq_cst);
	if (unlikely(room < count)) {
		handed->read_seen = atomic_load_explicit(&handed->read, memory_order_acquire);
		room = handed->read_seen + handed->mask + 1 - written;
		count = RTE_MIN(room, (uint64_t)count);
	}
	for (uint16_t i = 0; i < count; i++)
		handed_refer(packets[i], 1);
	return count;
}

/* Worker: of packets of which the first held are held, the first left have left, each at times[i],
 * or where that is NULL all at at_ns. The others are the caller's alone again. */
static inline void
handed_note(struct handed *handed, struct rte_mbuf *const *packets, uint16_t held, uint16_t left,
	    const uint64_t *times, uint64_t at_ns, uint64_t run)
{
	uint64_t written = atomic_load_explicit(&handed->written, memory_order_relaxed);
	uint64_t under_way = atomic_load_explicit(&handed->under_way, memory_order_relaxed);
	uint16_t count = RTE_MIN(held, left);

	for (uint16_t i = 0; i < count; i++)
		handed->packets[(written + i) & handed->mask] =
			(struct handed_packet){packets[i], times ? times[i] : at_ns, run};
	for (uint16_t i = count; i < held; i++)
		handed_refer(packets[i], -1);
	if (unlikely(left > held))
		atomic_store_explicit(&handed->missed,
				      atomic_load_explicit(&handed->missed, memory_order_relaxed) +
					      left - held,
				      memory_order_relaxed);
	atomic_store_explicit(&handed->written, written + count, memory_order_release);
	atomic_store_explicit(&handed->under_way, under_way + 1, memory_order_release);
	if (handed->noted)
		handed->noted(handed);
}

/* Reader: waits until what is on its way into a port as this is called was noted, for at most
 * patience_ns. False: it was not. */
bool handed_settle(struct handed *handed, uint64_t patience_ns);

/* Reader: up to where packets are noted. */
static inline uint64_t
handed_end(struct handed *handed)
{
	return atomic_load_explicit(&handed->written, memory_order_acquire);
}

/* Reader: of those before end the next but so many, or NULL; valid until handed_drop, which takes
 * count of them off. The references are the reader's from then on. */
static inline const struct handed_packet *
handed_peek(struct handed *handed, uint64_t ahead, uint64_t end)
{
	uint64_t read = atomic_load_explicit(&handed->read, memory_order_relaxed) + ahead;

	return read == end ? NULL : &handed->packets[read & handed->mask];
}

static inline void
handed_drop(struct handed *handed, uint64_t count)
{
	uint64_t read = atomic_load_explicit(&handed->read, memory_order_relaxed);

	atomic_store_explicit(&handed->read, read + count, memory_order_release);
}

#endif
