/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Costs: what a worker's bursts take, by how many packets are in them. A burst's time begins when
 * the worker was done with the one before it, or, after a round without packets, began to poll. The
 * clock is looked at for gauge.h anyway, so this is a few additions a look. Worker.
 */
#ifndef ENGINE_COSTS_H
#define ENGINE_COSTS_H

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <stdbool.h>
#include <stdint.h>

#include "stage/burst.h"
#include "stage/tally.h"

/* A burst that takes so many times what those of its size take of late was interrupted: by the
 * kernel, a hypervisor, or a device. That is not what its packets cost. */
#define COSTS_INTERRUPTED 64
#define COSTS_CALIBRATIONS 64
/* The first bursts of a size only say what is usual: of a worker that was idle, mostly because
 * something else had its core, the very first is the worst. */
#define COSTS_KNOWN 16

struct costs {
	uint64_t clock;                   /* what two looks at it take */
	unsigned full;                    /* full bursts since the last look */
	bool idle;                        /* until that look, so nothing waited */
	uint8_t known[TALLY_COST_STEPS];  /* the first COSTS_KNOWN bursts of a step */
	uint64_t usual[TALLY_COST_STEPS]; /* cycles of a burst */
};

static inline void
costs_begin(struct costs *costs)
{
	*costs = (struct costs){.clock = UINT64_MAX};
	for (unsigned i = 0; i < COSTS_CALIBRATIONS; i++) {
		uint64_t first = rte_rdtsc(), second = rte_rdtsc(), third = rte_rdtsc();

		(void)second;
		if (third - first < costs->clock)
			costs->clock = third - first;
	}
}

/* A burst without a look at the clock: a full one. */
static inline void
costs_skip(struct costs *costs)
{
	costs->full++;
}

/* The worker did something else, or nothing, until it looked just now. */
static inline void
costs_break(struct costs *costs)
{
	costs->full = 0;
	costs->idle = true;
}

/* What is usual is rather the least than the mean: where most are interrupted, as packets come from
 * a program that takes the core to send them, it still is what those take that are not. */
static inline bool
costs_is_usual(uint64_t *usual, uint64_t each)
{
	if (each < *usual) {
		*usual -= (*usual - each) / 2;
		return true;
	}
	if (unlikely(each / COSTS_INTERRUPTED > *usual)) {
		*usual += *usual / 64 + 1;
		return false;
	}
	*usual += (each - *usual) / 64;
	return true;
}

/* A burst of count packets, with those since the last look, took so many cycles. Where it is not
 * full as they are, nothing can be said of either. What is lost in interruptions is told of those
 * alone that came when there was something to do. */
static inline void
costs_note(struct costs *costs, struct tally *tally, unsigned count, uint64_t cycles)
{
	unsigned step = tally_fill_step(count), bursts = costs->full + 1;
	bool was_idle = costs->idle;
	struct tally_cost *cost;
	uint64_t each;

	costs->full = 0;
	costs->idle = false;
	if (bursts > 1 && count < BURST_MAX)
		return;
	cycles -= RTE_MIN(cycles, costs->clock);
	each = bursts == 1 ? cycles : cycles / bursts;
	if (unlikely(costs->known[step] < COSTS_KNOWN)) {
		if (costs->known[step]++ == 0 || each < costs->usual[step])
			costs->usual[step] = each;
		return;
	}
	if (unlikely(!costs_is_usual(&costs->usual[step], each))) {
		if (was_idle)
			return;
		step = TALLY_COST_INTERRUPTED;
	}
	cost = &tally->costs[step];
	cost->bursts += bursts;
	cost->packets += (uint64_t)count * bursts;
	cost->cycles += cycles;
}

#endif
