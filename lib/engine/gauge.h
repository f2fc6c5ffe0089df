/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gauge: what a worker notes of the packets that it takes from a port: how long they were in the
 * box, and how many came at once. Looked at once a burst; the worker alone writes, and others read
 * meanwhile. Times are TSC.
 *
 * How long a packet was here is not known without a clock in the card, but it lies between two
 * bounds. It was taken in one poll and handed over at the end of its burst: no less than that. It
 * came after the last poll that left nothing in the queue: no more than since then. A worker that
 * stands still between two polls shows in the second alone.
 *
 * How many wait in the ring is what the driver may tell. Of a poll that was not filled it is known:
 * none. So it is asked behind one that was, every 100 us at most.
 */
#ifndef ENGINE_GAUGE_H
#define ENGINE_GAUGE_H

#include <rte_branch_prediction.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/histogram.h"
#include "engine/surge.h"
#include "stage/burst.h"
#include "stage/clock.h"

/* Windows in which packets are counted, and how long the largest counts of a second are kept. */
enum gauge_window { GAUGE_100US, GAUGE_1MS, GAUGE_WINDOWS };
#define GAUGE_SECONDS 64
/* Of full bursts one in so many is looked at, at the most, and often enough that it is about 20 us
 * from one look to the next: a worker that is as slow as that looks at each. */
#define GAUGE_STRIDE_MAX 64
#define GAUGE_LOOKS_HZ 50000

/* Since when packets may have waited in a receive queue. A poll that is not filled left nothing
 * behind. Behind one that is, they wait in order: when as many were taken as the ring holds, those
 * that are left came later than that began. */
struct gauge_queue {
	uint64_t since;   /* whatever is taken next came later */
	uint64_t mark;    /* the first poll that was filled, of those that are counted */
	uint32_t taken;   /* packets since mark */
	uint32_t ring;    /* that the ring holds */
	uint16_t skipped; /* bursts, see gauge_skip */
	uint16_t stride;  /* as many are skipped in a row */
	bool filled;      /* the last poll was */
	bool told;        /* the driver says how many wait */
	uint8_t backlog;  /* what it said last, in percent; 0: the last poll was not filled */
	uint64_t asks;    /* no sooner; UINT64_MAX: never */
};

/* Shares of a receive ring of which it is counted how often so much came to wait: percent. */
enum { GAUGE_QUARTER, GAUGE_HALF, GAUGE_NINETY, GAUGE_SHARES };

struct gauge_second {
	uint64_t second; /* of the TSC */
	uint64_t most[GAUGE_WINDOWS];
	uint64_t backlog; /* the most, in percent */
};

struct gauge {
	/* Of the window of 100 us. */
	uint64_t ends;
	uint64_t packets;
	uint64_t saturated; /* packets that were taken after a poll that was filled */
	uint64_t rests;     /* when windows end even if nothing follows; UINT64_MAX: none is open */

	/* What follows changes when a window ends. */
	uint64_t hz;
	struct gauge_span {
		uint64_t began;   /* its packets came later */
		uint64_t ends;    /* those of later belong to the next */
		uint64_t packets; /* of those that ended within it */
	} spans[GAUGE_WINDOWS];
	/* Of the window of 1 ms. */
	uint64_t most_100us, last, backlog;
	struct gauge_second seconds[GAUGE_SECONDS];
	uint64_t rises[GAUGE_SHARES];  /* how often so much of the ring came to wait */
	struct histogram lower, upper; /* nanoseconds in the box, of packets */
	struct surge_log surges;
} __attribute__((aligned(64)));

/* Empty, of queues of ring packets; windows are measured in a TSC of hz. */
void gauge_begin(struct gauge *gauge, uint64_t hz, uint32_t ring, uint64_t now);

/* The first packets behind a window: it ends, and the next begins with them. They came after since.
 * Worker. */
void gauge_turn(struct gauge *gauge, uint64_t now, uint64_t since);

/* Windows have ended, and nothing followed until now; called from gauge.rests on. Worker. */
void gauge_rest(struct gauge *gauge, uint64_t now);

/* Behind a burst that was full the driver said at now that so many percent of the queue's ring
 * wait, at the least. Worker; when asks says so. */
void gauge_backlog(struct gauge *gauge, struct gauge_queue *queue, unsigned percent, uint64_t now);

/* A poll that was not filled. Worker, as all below. */
static inline void
gauge_emptied(struct gauge_queue *queue, uint64_t polled)
{
	queue->since = polled;
	queue->filled = false;
}

/* Polls that were, the first of which began at polled or later. */
static inline void
gauge_filled(struct gauge_queue *queue, uint64_t polled, unsigned packets)
{
	if (!queue->filled) {
		queue->filled = true;
		queue->mark = polled;
		queue->taken = 0;
		queue->backlog = 0;
	}
	queue->taken += packets;
	if (queue->taken < queue->ring)
		return;
	queue->since = queue->mark;
	queue->mark = polled;
	queue->taken = packets;
}

/* Whether a burst is not looked at, but counted with the next one that is: the clock takes as long
 * to read as a packet to forward, and a worker that has only full bursts has no time for it. The
 * first of them is looked at where the driver tells how many wait behind it: others may be gone by
 * the next look. */
static inline bool
gauge_skip(struct gauge_queue *queue, unsigned count)
{
	if (count < BURST_MAX || queue->skipped >= queue->stride || (queue->told && !queue->filled))
		return false;
	queue->skipped++;
	return true;
}

/* Of packets since the last burst that was looked at, those behind a poll that was filled. */
static inline unsigned
gauge_behind(const struct gauge_queue *queue, unsigned packets)
{
	unsigned first = queue->skipped ? BURST_MAX : packets;

	return queue->filled ? packets : packets - first;
}

/* Packets of which a burst that was skipped was the last; they were handed over before done. */
void gauge_settle(struct gauge *gauge, struct gauge_queue *queue, const struct stage_clock *clock,
		  uint64_t polled, uint64_t done);

/* How many are skipped from now on, where from one look to the next it took so long. */
static inline void
gauge_pace(struct gauge_queue *queue, uint64_t took, uint64_t hz)
{
	if (took > hz / GAUGE_LOOKS_HZ)
		queue->stride /= 2;
	else if (queue->stride < GAUGE_STRIDE_MAX / 2)
		queue->stride = queue->stride * 2 + 1;
}

/* A burst of count packets, with those that were skipped before: the poll was over at taken, they
 * were handed over at done, and the first poll began at polled or later. */
static inline void
gauge_burst(struct gauge *gauge, struct gauge_queue *queue, const struct stage_clock *clock,
	    unsigned count, uint64_t polled, uint64_t taken, uint64_t done)
{
	unsigned packets = count + queue->skipped * BURST_MAX;
	histogram_add_n(&gauge->lower, clock_span(clock, done - taken), packets);
	histogram_add_n(&gauge->upper, clock_span(clock, done - queue->since), packets);
	tally_count(&gauge->saturated, gauge_behind(queue, packets));
	if (unlikely(taken >= gauge->ends))
		gauge_turn(gauge, taken, queue->since);
	tally_count(&gauge->packets, packets);
	queue->skipped = 0;
	if (count < BURST_MAX) {
		gauge_emptied(queue, polled);
		return;
	}
	gauge_filled(queue, polled, packets);
	gauge_pace(queue, done - polled, gauge->hz);
}

/* What the gauges of a port's workers say together, see gauge_look. */
struct gauge_sum {
	struct histogram lower, upper;
	uint64_t saturated;
	uint64_t most[GAUGE_SECONDS][GAUGE_WINDOWS]; /* by second; of several workers their sum */
	uint64_t backlog;                            /* percent, the most of the last minute */
	uint64_t rises[GAUGE_SHARES];
};

/* How long a window is, in a TSC of hz. */
uint64_t gauge_length(enum gauge_window window, uint64_t hz);

/* Adds what a gauge has noted until now. Any thread. */
void gauge_look(const struct gauge *gauge, uint64_t now, struct gauge_sum *sum);

/* The most packets that came in one window, of the last minute. */
uint64_t gauge_most(const struct gauge_sum *sum, enum gauge_window window);

#endif
