/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/histogram.h"

#include "core/banned.h"

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
histogram_merge(struct histogram *sum, const struct histogram *part)
{
	sum->count += part->count;
	if (part->max > sum->max)
		sum->max = part->max;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		sum->buckets[i] += part->buckets[i];
}

uint64_t
histogram_quantile(const struct histogram *histogram, uint64_t numerator, uint64_t denominator)
{
	unsigned __int128 wanted = (unsigned __int128)histogram->count * numerator;
	uint64_t seen = 0;

	if (histogram->count == 0)
		return 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if ((unsigned __int128)seen * denominator >= wanted)
			return bucket_top(i) < histogram->max ? bucket_top(i) : histogram->max;
	}
	return histogram->max;
}
