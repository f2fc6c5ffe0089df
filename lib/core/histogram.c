/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/histogram.h"

#include "core/banned.h"

/* Of struct histogram_sums: 2^6, 2^8, 2^10, ... */
#define BOUND_FIRST 6
#define BOUND_STEP 2

/* The greatest value that falls into a bucket. */
static uint64_t
bucket_top(unsigned bucket)
{
	unsigned shift;

	if (bucket < HISTOGRAM_STEPS)
		return bucket;
	shift = bucket / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS) << shift) +
	       ((UINT64_C(1) << shift) - 1);
}

void
histogram_clear(struct histogram *histogram)
{
	__atomic_store_n(&histogram->max, 0, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		__atomic_store_n(&histogram->buckets[i], 0, __ATOMIC_RELAXED);
}

void
histogram_merge(struct histogram *sum, const struct histogram *part)
{
	uint64_t max = __atomic_load_n(&part->max, __ATOMIC_RELAXED);

	if (max > sum->max)
		sum->max = max;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		sum->buckets[i] += __atomic_load_n(&part->buckets[i], __ATOMIC_RELAXED);
}

uint64_t
histogram_quantile(const struct histogram *histogram, uint64_t numerator, uint64_t denominator)
{
	unsigned __int128 wanted;
	uint64_t count = 0, seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += histogram->buckets[i];
	if (count == 0)
		return 0;
	wanted = (unsigned __int128)count * numerator;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if ((unsigned __int128)seen * denominator >= wanted)
			return bucket_top(i) < histogram->max ? bucket_top(i) : histogram->max;
	}
	return histogram->max;
}

void
histogram_sum(const struct histogram *histogram, struct histogram_sums *sums)
{
	unsigned __int128 sum = 0;
	unsigned bound = 0;

	*sums = (struct histogram_sums){.sum = 0};
	for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++)
		sums->below[i] = UINT64_C(1) << (BOUND_FIRST + BOUND_STEP * i);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t top = bucket_top(i), count = histogram->buckets[i];
		uint64_t bottom = i ? bucket_top(i - 1) + 1 : 0;

		while (bound < HISTOGRAM_BOUNDS && bottom >= sums->below[bound])
			bound++;
		sums->counts[bound] += count;
		sum += (unsigned __int128)count * (bottom + (top - bottom) / 2);
	}
	sums->sum = sum < INT64_MAX ? (uint64_t)sum : INT64_MAX;
}
