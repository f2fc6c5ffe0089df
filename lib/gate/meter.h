/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Meter: what a rate remembers. It is a bucket, full at first, that fills with the rate up to the
 * burst, and from which a packet takes what it has (the bits of its frame, or one) or nothing. A
 * worker has a part of its own. Where there is one worker its part is the bucket, exact to the
 * fraction; several draw from one bucket, a little at a time, so that together they pass no more
 * than the rate. Outlives programs: see stage_env.
 */
#ifndef GATE_METER_H
#define GATE_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/gate.h"
#include "stage/burst.h"

/* A worker's; others may look at what it counts. */
struct meter_part {
	unsigned __int128 held; /* in units, see struct gate_rate */
	uint64_t time;          /* ns, until which the bucket was filled */
	uint64_t passed, passed_bytes, over, over_bytes;
} __attribute__((aligned(64)));

/* What several workers draw from: changed as a whole. */
struct meter_pot {
	uint64_t time, held;
} __attribute__((aligned(16)));

struct meter {
	char *name; /* owned: the policer's, or of a gate's place */
	bool named; /* a policer */
	bool packets;
	atomic_uint holders;
	unsigned workers;
	struct meter_pot pot __attribute__((aligned(64)));
	struct meter_part parts[];
};

/* A rate as a gate asks it. Units are so small that a nanosecond's worth of the slowest rate is
 * whole ones. */
struct gate_rate {
	struct meter *meter; /* held */
	uint64_t rate;       /* bits or packets a second */
	unsigned __int128 burst;
	/* What a packet takes: so many units a byte, or as such. */
	uint64_t byte_units, packet_units;
	/* Of several workers: what a nanosecond brings, with METER_FRACTION binary places, and what
	 * one draws at once. */
	uint64_t fill, draw;
};

#define METER_FRACTION 24

/* Worker. Of packets, as bits, those that are within the rate. They are counted as within and over
 * it. */
uint32_t meter_within(const struct gate_rate *rate, struct burst *burst, uint32_t packets);

/* Control thread. A new one has one holder. NULL: no memory. name is copied. */
struct meter *meter_make(const char *name, const struct config_rate *rate, unsigned workers);
struct meter *meter_hold(struct meter *meter);
void meter_drop(struct meter *meter);

/* How a gate asks it; the meter may have been made for another rate of the kind. */
void meter_ask(const struct config_rate *rate, struct meter *meter, struct gate_rate *out);

#endif
