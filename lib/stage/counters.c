/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/counters.h"

#include "core/histogram.h"

#include "core/banned.h"

#define SUMS(kind, name, member) COUNTER(struct histogram_sums, kind, name, member, APART)
const struct counter counters_histogram[] = {
	SUMS(LIST, "below", below),
	SUMS(LIST, "counts", counts),
	SUMS(NUMBER, "sum", sum),
	{0},
};

static void
add_row(const struct counter *row, void *sum, const void *part)
{
	uint64_t *to = (uint64_t *)((char *)sum + row->offset);
	const uint64_t *from = (const uint64_t *)((const char *)part + row->offset);

	for (size_t i = 0; i < row->size / sizeof(*to); i++) {
		if (row->sum == COUNTER_ADD)
			to[i] += from[i];
		else if (row->sum == COUNTER_LEAST && from[i] < to[i])
			to[i] = from[i];
	}
}

void
counters_add(const struct counter *table, void *sum, const void *part)
{
	for (; table->kind != COUNTER_END; table++) {
		if (table->sum != COUNTER_APART)
			add_row(table, sum, part);
	}
}
