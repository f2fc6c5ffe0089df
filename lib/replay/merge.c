/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/merge.h"

#include <errno.h>

#include "core/banned.h"

void
merge_open(struct merge *merge, struct source *sources, unsigned count)
{
	*merge = (struct merge){.sources = sources, .count = count, .origin_ns = UINT64_MAX};
}

/* The time before which nothing need be read to come to a moment; 0: everything. */
static uint64_t
time_to_begin(const struct merge *merge, const struct config_moment *moment)
{
	const struct mark *nearest = NULL;

	if (moment->kind == CONFIG_MOMENT_TIME)
		return merge->origin_ns > UINT64_MAX - moment->value
			       ? 0
			       : merge->origin_ns + moment->value;
	/* Records of merged files are numbered across them. When a mark was passed, all records with a
	 * time less than the latest one's had been taken, whatever file they are in. */
	for (unsigned i = 0; i < merge->count; i++) {
		const struct mark *mark =
			marks_before_record(&merge->sources[i].marks, moment->value - 1, true);

		if (mark && (!nearest || mark->merged > nearest->merged))
			nearest = mark;
	}
	return nearest ? nearest->merged_ns : 0;
}

static const struct mark *
mark_before(const struct merge *merge, const struct source *source,
	    const struct config_moment *moment)
{
	if (merge->origin_ns == UINT64_MAX || moment->kind == CONFIG_MOMENT_NONE ||
	    (moment->kind == CONFIG_MOMENT_PACKET && moment->value == 0))
		return NULL;
	if (merge->count == 1 && moment->kind == CONFIG_MOMENT_PACKET)
		return marks_before_record(&source->marks, moment->value - 1, false);
	return marks_before_time(&source->marks, time_to_begin(merge, moment));
}

int
merge_rewind(struct merge *merge, const struct config_moment *moment)
{
	merge->loaded = 0;
	merge->taken = NULL;
	merge->number = 0;
	for (unsigned i = 0; i < merge->count; i++) {
		struct source *source = &merge->sources[i];
		int ret = source_rewind(source, mark_before(merge, source, moment));

		if (ret < 0)
			return ret;
		merge->number += source->records;
		merge->ended[i] = false;
	}
	/* Of several files, those records of one that lie before its mark may be later than some of another
	 * that do not; all of them come before the moment. */
	merge->time_ns = merge->count == 1 ? merge->sources[0].time_ns : 0;
	return 0;
}

/* Gives a source its next record. */
static int
load(struct merge *merge, struct source *source)
{
	int ret;

	source->merged = merge->number;
	source->merged_ns = merge->time_ns;
	ret = source_next(source);
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
	merge->time_ns = first->record.time_ns;
	return 1;
}
