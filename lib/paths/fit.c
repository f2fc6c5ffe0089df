/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths/fit.h"

#include "core/banned.h"

enum fit
fit_crossing(const unsigned *sizes, const double *copying, const double *without, unsigned count,
	     double *size)
{
	unsigned first = count; /* of those from which on all are cheaper */
	double before, after;

	while (first > 0 && without[first - 1] < copying[first - 1])
		first--;
	if (first == count) {
		*size = sizes[count - 1];
		return FIT_NEVER;
	}
	*size = sizes[first];
	if (first == 0)
		return FIT_ALWAYS;
	before = without[first - 1] - copying[first - 1];
	after = copying[first] - without[first];
	*size = sizes[first - 1] + (sizes[first] - sizes[first - 1]) * before / (before + after);
	return FIT_CROSSES;
}

enum fit
fit_model(unsigned size, double copying, double without, double copies, double copy_ns_per_byte,
	  double *crossing)
{
	double per_byte = copies * copy_ns_per_byte;

	*crossing = size;
	if (without < copying)
		return FIT_ALWAYS;
	if (per_byte <= 0)
		return FIT_NEVER;
	*crossing = size + (without - copying) / per_byte;
	return FIT_CROSSES;
}
