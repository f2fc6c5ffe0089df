/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edit: what a packet is to look like, as a program over it as it was received. Immutable; workers
 * share it.
 */
#ifndef EDIT_EDIT_H
#define EDIT_EDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/action.h"
#include "edit/op.h"
#include "packet/own.h"
#include "packet/view.h"
#include "stage/burst.h"
#include "stage/tally.h"

struct edit;

/* Beside the bits of enum own_manner: a packet that is cut says how long it would be (port/cut.h).
 * Live. */
#define EDIT_TELLS (1u << 2)

/* A worker's: memory for one run at a time. Whoever makes it fills in the pools, and for each burst
 * its moment; all else begins as 0. */
struct edit_local {
	struct own own;
	struct edit_moment moment;
	uint32_t sequences[EDIT_SESSIONS];
	struct frame frames[BURST_MAX];
	struct rte_mbuf *failed[BURST_MAX];
	uint8_t failed_from[BURST_MAX];
	unsigned failed_count;
	/* The last run did to every packet what the program's reach says of the quick way; unless
	 * it says so of chains, each is one segment then. */
	bool evenly, chained;
};

/* Makes a program of edits alone, in their order, of named lists the edits in them; 0 of them are a
 * program that does nothing. NULL among them makes addresses others in each loop of a replay
 * (unique.h). Returns 0, and *edit is the caller's; -ENOMEM. Any thread. */
int edit_make(const struct config_action *const *actions, unsigned count, struct edit **edit);
void edit_free(struct edit *edit);

/* Whether they do the same to all packets. Any thread. */
/* Says which gates that know duplicates stand before an edit, a stamp: a bit each. */
void edit_tell(struct edit *edit, unsigned i, uint32_t dedups);
/* The number of the first stamp, from 1, of which one of these gates stands before it; 0: none. */
uint8_t edit_knows(const struct edit *edit, uint32_t stopped);
bool edit_same(const struct edit *a, const struct edit *b);
/* The same number of those that are the same. */
uint64_t edit_hash(const struct edit *edit);

/* On which packets of a run edits found nothing to do. */
struct edit_idle {
	uint32_t packets; /* a bit each, in the order in which they leave */
	/* Of those: which edits, a bit each, in the program's order. Of others it is not set. */
	uint64_t ops[BURST_MAX];
};

const struct edit_reach *edit_reach(const struct edit *edit);

/* Runs a program over a group, at most BURST_MAX packets, of each of which the caller has one
 * reference. from[i] is what the caller calls packets[i], and the index of its view; views, of the
 * packets as they came in, may be NULL, and are not looked at where the program does not parse.
 * manner: OWN_ALONE, where nobody else is given these packets, and OWN_ONE_SEGMENT, where the
 * targets take no chains, or from bit OWN_SEGMENTS on how many segments they take; EDIT_TELLS,
 * where somebody keeps them.
 *
 * Returns how many packets leave: they stand first, in their order, and from goes with them. Behind
 * them are those for which there was no memory, to be freed by the caller. What was copied is added
 * up in local->own. Worker. */
uint16_t edit_run(const struct edit *edit, struct edit_local *local, struct rte_mbuf **packets,
		  uint8_t *from, const struct packet_view *views, uint16_t count, unsigned manner,
		  struct edit_idle *idle);

/* Runs a program over a group at once, if nobody else has its packets and they are alike enough,
 * which takes less than edit_run and no views. False: nothing was done, or nothing that edit_run
 * would not do again: it is for that then, and for its caller to parse. True: all leave, and to
 * each was done what the program's reach says, in place. Worker. */
bool edit_at_once(const struct edit *edit, struct rte_mbuf **packets, unsigned count);

/* Adds what was copied since to a worker's counters. Worker. */
void edit_count_copies(struct edit_local *local, struct tally_copy copies[COPY_REASONS]);

#endif
