/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clock: the engine's time, in nanoseconds of CLOCK_MONOTONIC, read from the TSC in a few cycles.
 * It is set against the system's clock over the time that starting takes, a tenth of a second or
 * more, which makes a second of it right to within a microsecond. Read by any thread once it is
 * set.
 */
#ifndef STAGE_CLOCK_H
#define STAGE_CLOCK_H

#include <rte_cycles.h>
#include <stdint.h>

#define CLOCK_FRACTION_BITS 40

struct stage_clock {
	uint64_t base_tsc, base_ns;
	uint64_t ns_per_cycle; /* with CLOCK_FRACTION_BITS binary places */
	uint64_t epoch_ns;     /* by clock_follow; alone changes later */
};

/* Notes where both clocks are. */
void clock_begin(struct stage_clock *clock);

/* Sets the clock; sleeps for what is missing of a tenth of a second since clock_begin. */
void clock_set(struct stage_clock *clock);

/* Notes how far the epoch is from where the clock begins, which is as far as the wall clock is set.
 * Call it every second or so. */
void clock_follow(struct stage_clock *clock);

/* What a time of the clock lacks to one since the epoch, as it was last noted. */
static inline uint64_t
clock_epoch(const struct stage_clock *clock)
{
	return __atomic_load_n(&clock->epoch_ns, __ATOMIC_RELAXED);
}

/* How many nanoseconds a number of cycles takes. */
static inline uint64_t
clock_span(const struct stage_clock *clock, uint64_t cycles)
{
	return (uint64_t)((unsigned __int128)cycles * clock->ns_per_cycle >> CLOCK_FRACTION_BITS);
}

/* The moment of a TSC that is not before the clock's beginning. */
static inline uint64_t
clock_at(const struct stage_clock *clock, uint64_t tsc)
{
	return clock->base_ns + clock_span(clock, tsc - clock->base_tsc);
}

static inline uint64_t
clock_now(const struct stage_clock *clock)
{
	return clock_at(clock, rte_rdtsc());
}

#endif
