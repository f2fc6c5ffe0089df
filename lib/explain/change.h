/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Change: kinds of difference, each with its packets, its flows and its first packet. For this room
 * alone.
 */
#ifndef EXPLAIN_CHANGE_H
#define EXPLAIN_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "explain/compare.h"
#include "explain/trial.h"

/* What became of a packet by one config. */
struct change_side {
	uint32_t rule, *passed; /* rules by number; passed: owned */
	uint32_t passed_count;
	uint32_t drops; /* reasons by bit */
};

struct change {
	struct change *next; /* of its place in the table */
	uint64_t digest;
	uint32_t number; /* from 1, in the order in which they came */
	struct change_side old, new;
	bool same_end; /* the same leaves, or is dropped for the same reason */
	int group;     /* of the old config's: nothing but its member is another; -1: more is */
	uint64_t packets, flows;
	struct compare_packet first; /* its bytes are owned */
};

#define CHANGE_PLACES 1024 /* a power of two */

struct changes {
	struct change *places[CHANGE_PLACES];
	struct change *all[COMPARE_KINDS];
	uint32_t count;
	uint64_t left_out; /* packets of kinds that are not told apart */
};

void changes_fini(struct changes *changes);

/* What a trial's last run came to; passed is the trial's, until its next. -ENOMEM. */
int change_side_of(const struct trial *trial, struct change_side *side);

/* The one of this kind, made with a copy of what the kind has where it is new; NULL without memory,
 * or where there are COMPARE_KINDS. */
struct change *changes_find(struct changes *changes, const struct change *kind);

#endif
