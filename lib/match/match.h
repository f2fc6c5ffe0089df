/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Match: which of the packets that were sent each is that came back. One thread gives a matcher
 * what was sent, in that order, and what came back; another may read its numbers meanwhile.
 *
 * A packet that comes back is the first, of those that were sent with its key and are not back,
 * whose time is not over (FIFO); by several levels, of the strictest level that knows the key. So
 * of packets that are alike (twins) it is exact how many were lost or came too often, but not
 * which: that there was a choice is counted as ambiguous, and the orders and latencies of those are
 * what they are if a device keeps twins in order.
 *
 * What was sent is waiting until it is back, and for no longer than within. Then it is changed, if
 * among what came back unrecognised until then is what it must have become, and otherwise lost.
 * What is lost and comes back yet, as long as there is memory for it, is late instead. So
 *
 *     sent = waiting + matched + late + changed + lost
 *     back = matched + late + changed + duplicated + unknown + pending
 *
 * Memory: 76 bytes for each packet that is held, and 32 (of several levels 96) in tables, both from
 * the start on; and for each that came back unrecognised, as it is pending, some 96 and a copy of
 * its bytes, of which there are no more than MATCH_KEEP in all.
 */
#ifndef MATCH_MATCH_H
#define MATCH_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/histogram.h"
#include "match/changes.h"
#include "match/key.h"

/* Packets whose keys were made are looked up together: calls with so many cost the least each. */
#define MATCH_BATCH 32
/* Of packets that came back unrecognised so many bytes are copied at once, in all. */
#define MATCH_KEEP (64u << 20)
/* How many are looked at behind a packet that came early (RFC 4737, 5). */
#define MATCH_N_MAX 10
#define MATCH_HELD_MIN 1024
#define MATCH_HELD_MAX (1u << 28)

struct match;

struct match_options {
	struct match_manner manner;
	uint64_t within_ns; /* UINT64_MAX: for ever, until match_end */
	/* How many packets that were sent are held, from MATCH_HELD_MIN to MATCH_HELD_MAX. When
	 * another comes the oldest is forgotten: if it was waiting it is lost, and counted as
	 * crowded. So within is kept for as many as are sent in that time, and what is late is
	 * recognised as long as there is room. */
	uint32_t held;
	/* How many that came back unrecognised are pending at most; 0: as many as held. When
	 * another comes the oldest is unknown. */
	uint32_t pending;
	/* The bytes of a packet that was sent, for what changed in it; or NULL when they are gone.
	 * They are used before the next call. Asked from within match_sent, match_back, match_tick
	 * and match_end, in the order in which packets were sent. May be NULL itself: changed
	 * packets are then counted, and not shown. */
	const uint8_t *(*bytes)(void *context, uint64_t number, uint32_t loop, uint32_t *length);
	void *context;
};

/* One that is sent, or came back. */
struct match_packet {
	struct match_keys keys;
	uint64_t time_ns; /* of one clock, which does not step back by more than some within */
	/* The caller's: which of a replay's packets it is, and in which pass; of what came back,
	 * whatever it should be called when it is shown. */
	uint64_t number;
	uint32_t loop;
	/* Of what came back, or NULL: copied, if it is not recognised. */
	const uint8_t *bytes;
	uint32_t length;
};

/* What a packet that came back is, at once. */
struct match_found {
	enum {
		MATCH_IS_MATCHED,
		MATCH_IS_LATE,
		MATCH_IS_DUPLICATE,
		MATCH_IS_PENDING, /* changed or unknown: what is lost will tell */
	} is;
	enum match_level level; /* in automatic; else 0 */
	bool ambiguous;         /* others were waiting that it could as well have been */
	uint64_t number;        /* of the one that was sent, unless pending */
	uint32_t loop;
	/* What lies between both times; of matched and of late ones. As it is: below 0 if the
	 * clocks say so. */
	int64_t latency_ns;
};

struct match_numbers {
	uint64_t sent, back;
	uint64_t waiting, matched, late, changed, lost;
	uint64_t duplicated, unknown, pending;
	uint64_t by[MATCH_LEVELS]; /* of those that are matched or late: [0] unless automatic */
	uint64_t ambiguous;        /* among matched and late */
	/* Lost ones, forgotten before their time was over: there were more than are held. And of
	 * those that came back, unknown as too many were pending. */
	uint64_t crowded, unasked;
	/* RFC 4737, of matched and late, in the order they came: reordered (4.1) are those behind
	 * which one was sent that is here already; the ratio is reordered / (matched + late). */
	uint64_t reordered;
	/* Its extent (4.2) in packets: how long ago the first came that overtook it. The greatest
	 * and the sum, over the reordered. Where more than MATCH_EXTENT_MAX lie between they count
	 * as so many. */
	uint64_t extent_max, extent_sum;
	/* n-reordering (5): how many have at least n+1 right before them that were all sent
	 * later. n[2] is what hurts TCP. */
	uint64_t n[MATCH_N_MAX];
	/* Of those matched in time. */
	uint64_t latency_min_ns; /* UINT64_MAX: there is none */
};

#define MATCH_EXTENT_MAX 16384

/* NULL: no memory. */
struct match *match_new(const struct match_options *options);
void match_free(struct match *match); /* NULL is fine */

/* In the order in which they were sent. Decides over nothing, but for what has to be forgotten: so
 * it may be told of more than was sent when the packets came that it is told of next. */
void match_sent(struct match *match, const struct match_packet *packets, unsigned count);

/* In the order in which they came; each behind what was sent before it came. found: count of them,
 * or NULL. */
void match_back(struct match *match, const struct match_packet *packets, unsigned count,
		struct match_found *found);

/* It is now that late, and all that came before was given: decides over what is waiting for too
 * long. Also done by match_back, by the times of packets. */
void match_tick(struct match *match, uint64_t now_ns);

/* Nothing else comes: all that is waiting or pending is decided over. */
void match_end(struct match *match);

/* As new; what was sent is forgotten. Numbers are 0. */
void match_reset(struct match *match);

/* From any thread: each number is what it was at some moment of the call. */
void match_tell(const struct match *match, struct match_numbers *numbers);

/* Adds the latencies of matched packets to a histogram of the caller's, from any thread. In
 * nanoseconds; below 0 is 0. */
void match_latencies(const struct match *match, struct histogram *sum);

/* What changed, for the thread that uses the matcher. */
const struct match_changes *match_changes(const struct match *match);

#endif
