/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look: what one client wants to see of the packets that pass, and what was kept for it. Workers
 * copy the beginnings of such packets into rings of their own, with what became of them; they never
 * wait, and count what they could not keep.
 */
#ifndef LOOK_LOOK_H
#define LOOK_LOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "classify/filter.h"
#include "config/config.h"
#include "look/ring.h"
#include "stage/burst.h"

#define LOOK_SNAP_MAX 65535

struct look_terms {
	/* Slots by bit: packets as they came in on these, and as they leave through those. */
	uint64_t in, out;
	/* Reasons by bit: of those that came in only what is dropped for one of them; 0: all. */
	uint32_t drops;
	/* Only what this rule took, whether it decided or passed it on; "": all. */
	char rule[CONFIG_NAME_MAX + 1];
	uint32_t snap; /* bytes of a packet that are kept, LOOK_SNAP_MAX at most */
	bool headers;  /* nothing behind the headers is kept */
	/* Of those that come by one in so many is looked at, on an average, at random, so that they
	 * stand for the others; 0 and 1: all. */
	uint32_t one_in;
	uint32_t rate;  /* packets a second, of each worker; 0: as many as there is room for */
	size_t room;    /* bytes of each worker's ring, a power of two */
	unsigned limit; /* packets of each worker, then it keeps no more; 0: all */
};

/* One packet, in a ring; names and then bytes stand behind it. */
struct look_record {
	uint32_t size;         /* of all of it, a multiple of 8 */
	uint32_t length, kept; /* bytes of the packet, and of it here */
	/* Bytes of names, each with a 0: of the rule that decided, then of those that passed it on,
	 * where some are known; and of these bytes the last, of targets that took it and are no
	 * ports. */
	uint16_t names, targets;
	uint8_t worker;
	bool leaves;    /* it is as it left through slot, not as it came in there */
	uint32_t drops; /* reasons by bit */
	uint16_t slot;
	uint64_t out; /* slots by bit through which it left, or what edits made of it */
	uint64_t ns;  /* of CLOCK_MONOTONIC */
};

static inline const char *
look_record_names(const struct look_record *record)
{
	return (const char *)(record + 1);
}

static inline const uint8_t *
look_record_bytes(const struct look_record *record)
{
	return (const uint8_t *)(record + 1) + record->names;
}

/* Packets: kept, and why others were not: the ring was full, they were more than the rate, or their
 * bursts were not looked at, as looking took too long. */
struct look_counts {
	_Atomic uint64_t kept, full, over, unseen;
};

/* What a worker has of a look: all is its own, but for the ring's other end and the counts. */
struct look_part {
	struct look_ring ring;
	struct look_counts counts;
	uint64_t chance; /* of a row of random numbers, the last; never 0 */
	uint32_t skip;   /* packets until the next that is looked at, where not all are */
	uint64_t tokens; /* in cycles: a packet takes hz / rate of them */
	uint64_t filled_tsc;
	uint64_t full_read;          /* where its reader was when the ring was full last */
	bool full;                   /* it was so */
	uint32_t wanted;             /* bit i: packet i of the burst as it came in */
	uint32_t leaving;            /* and of those that leave */
	uint32_t kept[2][BURST_MAX]; /* bytes in scratch, by way */
	uint32_t lengths[2][BURST_MAX];
	uint8_t *scratch; /* two times BURST_MAX of snap bytes; and EXPRESSION_SNAP of a filter's */
} __attribute__((aligned(64)));

struct look {
	struct look_terms terms;
	struct filter *filter; /* NULL: all */
	unsigned workers;
	struct look_part parts[];
};

/* Takes the filter over, whatever happens. NULL: no memory. Any thread. */
struct look *look_make(const struct look_terms *terms, struct filter *filter, unsigned workers);
void look_free(struct look *look);

/* Control thread: the oldest record of a worker, or NULL; valid until it is taken. */
const struct look_record *look_next(struct look *look, unsigned worker);
void look_taken(struct look *look, unsigned worker, const struct look_record *record);

/* Worker: which of the next so many packets, BURST_MAX at most, are looked at, by bit. */
static inline uint32_t
look_choose(const struct look_terms *terms, struct look_part *part, unsigned count)
{
	uint32_t chosen = 0;
	uint64_t i;

	if (terms->one_in <= 1)
		return (uint32_t)((UINT64_C(1) << count) - 1);
	for (i = part->skip; i < count; i += 1 + (uint64_t)part->skip) {
		chosen |= UINT32_C(1) << i;
		/* xorshift64; how many are passed over is anything from none to twice the average,
		 * so that what comes in a rhythm is not met in its rhythm. */
		part->chance ^= part->chance << 13;
		part->chance ^= part->chance >> 7;
		part->chance ^= part->chance << 17;
		part->skip =
			(uint32_t)((part->chance >> 32) * (2 * (uint64_t)terms->one_in - 1) >> 32);
	}
	part->skip = (uint32_t)(i - count);
	return chosen;
}

/* Worker. Whether the packet is one of those; copies what is kept of it to place i. */
bool look_keep(const struct look *look, struct look_part *part, struct burst *burst,
	       struct rte_mbuf *packet, bool leaves, unsigned i);

/* Worker: writes what was kept at place i, if rate and room allow it. Of the record sizes, lengths
 * and kept are filled in here. names: the rules' names as a record has them. */
void look_write(const struct look *look, struct look_part *part, const struct look_record *what,
		const char *names, unsigned i, uint64_t tsc);

#endif
