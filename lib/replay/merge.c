/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/merge.h"

#include <errno.h>

#include "core/banned.h"

void
merge_open(struct merge *merge, struct source *sources, unsigned count)
{
	*merge = (struct merge){.sources = sources, .count = count, .origin_ns = UINT64_MAX};
}

int
merge_rewind(struct merge *merge)
{
	merge->loaded = 0;
	merge->taken = NULL;
	merge->number = 0;
	merge->time_ns = 0;
	for (unsigned i = 0; i < merge->count; i++) {
		int ret = source_rewind(&merge->sources[i]);

		if (ret < 0)
			return ret;
		merge->ended[i] = false;
	}
	return 0;
}

/* Gives a source its next record. */
static int
load(struct merge *merge, struct source *source)
{
	int ret = source_next(source);

	if (ret < 0)
		return ret;
	merge->ended[source - merge->sources] = ret == 0;
	return 0;
}

static int
load_missing(struct merge *merge, struct source **failed)
{
	int ret;

	if (merge->taken) {
		*failed = merge->taken;
		ret = load(merge, merge->taken);
		if (ret < 0)
			return ret;
		merge->taken = NULL;
	}
	while (merge->loaded < merge->count) {
		*failed = &merge->sources[merge->loaded];
		ret = load(merge, *failed);
		if (ret < 0)
			return ret;
		merge->loaded++;
	}
	return 0;
}

int
merge_next(struct merge *merge, struct source **failed)
{
	struct source *first = NULL;
	int ret = load_missing(merge, failed);

	if (ret < 0)
		return ret;
	for (unsigned i = 0; i < merge->count; i++) {
		struct source *source = &merge->sources[i];

		if (!merge->ended[i] && (!first || source->record.time_ns < first->record.time_ns))
			first = source;
	}
	if (!first)
		return 0;
	merge->taken = first;
	merge->number++;
	if (merge->origin_ns == UINT64_MAX)
		merge->origin_ns = first->record.time_ns;
	if (first->record.time_ns > merge->time_ns)
		merge->time_ns = first->record.time_ns;
	return 1;
}
