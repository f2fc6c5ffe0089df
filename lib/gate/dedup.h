/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dedup: the packets that a gate let pass lately, by their digests, in a table of sets
 * (dedup_set.h). A packet that does not pass is not remembered, so it makes no window longer.
 * Shared by workers, each of which counts for itself; a set is one worker's at a time, so of two
 * equal packets that arrive at once one finds the other. Outlives programs: see stage_env.
 */
#ifndef GATE_DEDUP_H
#define GATE_DEDUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/gate.h"
#include "core/histogram.h"
#include "packet/digest.h"
#include "stage/burst.h"

struct dedup_set;

/* A worker's; others may look at it. */
struct dedup_part {
	uint64_t looked_at, duplicates, same_port, cross_port, overwritten;
	uint64_t time;        /* of its last packet */
	struct histogram lag; /* ns, of duplicates behind what passed */
} __attribute__((aligned(64)));

struct dedup {
	char *name; /* owned */
	uint32_t entries;
	unsigned ignoring;
	atomic_uint holders;
	unsigned workers;
	uint64_t set_count;
	struct dedup_set *sets;
	struct dedup_part parts[];
};

/* A gate's way of asking it. */
struct gate_dedup {
	struct dedup *dedup; /* held */
	uint64_t window_ns;
	bool across_ports;
	struct packet_digest_mask mask;
};

/* Worker. Of packets, as bits, those that are duplicates. */
uint32_t dedup_find(const struct gate_dedup *gate, struct burst *burst, uint32_t packets);

/* Control thread. A new one has one holder. NULL: no memory. name is copied. */
struct dedup *dedup_make(const char *name, const struct config_dedup *wanted, unsigned workers);
/* What its table takes. */
uint64_t dedup_bytes(const struct config_dedup *wanted);
struct dedup *dedup_hold(struct dedup *dedup);
void dedup_drop(struct dedup *dedup);

/* Whether it can go on for a gate of these values. */
bool dedup_fits(const struct dedup *dedup, const struct config_dedup *wanted);

/* How many of its slots have what passed less than a window before the last packet; of a large
 * table from a part of it. */
uint64_t dedup_used(const struct dedup *dedup, uint64_t window_ns);

#endif
