/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recent: of what a worker counts, what it did of late: what its bursts took in the last minute in
 * which there were some, under the program that runs, and how many packets came in the last second.
 * Control thread.
 */
#ifndef ENGINE_RECENT_H
#define ENGINE_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "stage/tally.h"

struct recent {
	const void *program;
	/* By half minutes: this one, and the one before. */
	struct tally_cost costs[2][TALLY_COSTS];
	uint64_t costs_since;
	/* Of the second that goes on: when it began, and what was counted then. */
	uint64_t since, packets, rx[CONFIG_PORTS_MAX];
	bool known; /* one is over: what follows is known */
	uint64_t pps, most_pps, rx_pps[CONFIG_PORTS_MAX];
};

/* What a worker counted until a TSC, of hz, under a program: part of it since the last time. */
void recent_take(struct recent *recent, const struct tally *sum, const struct tally *part,
		 const void *program, uint64_t tsc, uint64_t hz);

/* What its bursts took, of both halves. */
void recent_costs(const struct recent *recent, struct tally_cost costs[TALLY_COSTS]);

#endif
