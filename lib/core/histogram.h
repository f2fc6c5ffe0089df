/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Histogram: a distribution of 64-bit values in fixed memory, each kept to within 1/32 of itself
 * (in the manner of HdrHistogram: powers of two, each in 32 equal steps). One thread adds and
 * clears; another may merge it into a sum meanwhile, which then has what was added before, and
 * perhaps some of what is added just then.
 */
#ifndef CORE_HISTOGRAM_H
#define CORE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS 5
#define HISTOGRAM_STEPS (1u << HISTOGRAM_STEP_BITS)
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS)

struct histogram {
	uint64_t max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline unsigned
histogram_bucket(uint64_t value)
{
	unsigned shift;

	if (value < HISTOGRAM_STEPS)
		return value;
	shift = 63 - __builtin_clzll(value) - HISTOGRAM_STEP_BITS;
	return (shift + 1) * HISTOGRAM_STEPS + (value >> shift) % HISTOGRAM_STEPS;
}

/* The same value, count times. */
static inline void
histogram_add_n(struct histogram *histogram, uint64_t value, uint64_t count)
{
	uint64_t *bucket = &histogram->buckets[histogram_bucket(value)];

	__atomic_store_n(bucket, *bucket + count, __ATOMIC_RELAXED);
	if (value > histogram->max)
		__atomic_store_n(&histogram->max, value, __ATOMIC_RELAXED);
}

static inline void
histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram_add_n(histogram, value, 1);
}

/* A histogram in few numbers: how many values there are between powers of two, from 2^6 on, each
 * four times the one before. */
#define HISTOGRAM_BOUNDS 13

struct histogram_sums {
	uint64_t below[HISTOGRAM_BOUNDS];      /* what values of a count are below */
	uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* the last: of all that are greater */
	uint64_t sum;                          /* of all values, to 1 in 64; at most INT64_MAX */
};

/* Exact, but for sum, since buckets begin at powers of two. */
void histogram_sum(const struct histogram *histogram, struct histogram_sums *sums);

/* Whoever merges it meanwhile has some of before. */
void histogram_clear(struct histogram *histogram);

/* sum is nobody else's. */
void histogram_merge(struct histogram *sum, const struct histogram *part);

/* The value that a share of numerator/denominator of all values does not exceed: 99, 100 is the
 * 99th percentile. 0 when nothing was added. Never more than the greatest value added. */
uint64_t histogram_quantile(const struct histogram *histogram, uint64_t numerator,
			    uint64_t denominator);

#endif
