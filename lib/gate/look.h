/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Look: what the gates would say of a packet now, without their remembering it: no bucket is
 * emptied, no count-down goes on, nothing is put into a table, nothing is counted. Control thread,
 * while workers use the same gates: what they change meanwhile may be seen before or after.
 */
#ifndef GATE_LOOK_H
#define GATE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "stage/burst.h"

enum gate_looked {
	GATE_LOOK_ALONE, /* nothing but whether it passes */
	GATE_LOOK_RATE,  /* holds, takes, most in bits or packets */
	GATE_LOOK_COUNT, /* wait: packets to come before the next one that passes */
	GATE_LOOK_FLOW,  /* hash: of the packet's flow */
	GATE_LOOK_EQUAL, /* equal: one passed lag_ns ago, within the window or not */
};

/* What one gate says. */
struct gate_look {
	uint32_t rule;
	unsigned gate; /* its number, as config_gates has them */
	bool asked;    /* false: one before it stopped the packet, and the rest means nothing */
	bool passes;
	enum gate_looked kind;
	uint64_t holds, takes, most; /* of a bucket */
	uint32_t wait, hash;
	bool equal;
	int64_t lag_ns;
	const void *of; /* what it shares with other gates */
};

/* Asks the gates of all rules that took the one packet of a burst, as the stage would; state and
 * the worker's memory are the stage's. Fills in what the burst says of gates, and up to room looks
 * in their order; returns how many there are. */
unsigned gate_look(const void *state, const void *memory, struct burst *burst,
		   struct gate_look *looks, unsigned room);

#endif
