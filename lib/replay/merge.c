/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/merge.h"

#include <errno.h>

#include "replay/place.h"
#include "replay/schedule.h"

#include "core/banned.h"

void
merge_open(struct merge *merge, struct source *sources, unsigned count,
	   const struct config_replay *config)
{
	*merge = (struct merge){
		.sources = sources,
		.count = count,
		.order = config->in.order,
		.gap_ns = config->gap_ns,
		.origin_ns = UINT64_MAX,
	};
}

int
merge_rewind(struct merge *merge, const struct config_moment *moment, struct source **failed)
{
	struct place place;

	place_find(merge, moment, &place);
	merge->taken = NULL;
	merge->number = 0;
	merge->begun = false;
	merge->shift_ns = merge->last_ns = 0;
	merge->cut = merge->broken = NULL;
	for (unsigned i = 0; i < merge->count; i++) {
		struct source *source = &merge->sources[i];
		int ret = place_source(source, &place);

		*failed = source;
		if (ret < 0)
			return ret;
		merge->number += source->file.records;
	}
	/* Of several files, those records of one that lie before its mark may be later than some of
	 * another that do not; all of them come before the moment. */
	merge->time_ns = merge->count == 1 ? merge->sources[0].file.time_ns : 0;
	return 0;
}

/* Gives a source its next record; at its end it gives back what it holds. */
static int
load(struct merge *merge, struct source *source)
{
	int ret = source->state == SOURCE_STANDS ? source_rewind(source, NULL) : 0;

	source->merged = merge->number;
	source->merged_ns = merge->time_ns;
	if (ret == 0)
		ret = source_next(source);
	if (ret == -EAGAIN || ret == 1) {
		merge->waits = source;
		source->state = ret == 1 ? SOURCE_LOADED : SOURCE_BEGUN;
		return ret;
	}
	if (ret < 0 && !merge->broken) {
		merge->broken = source;
		merge->error = ret;
	}
	if (source->file.cut && !merge->cut)
		merge->cut = source;
	source_rest(source, merge->count > CAPTURE_OPEN_MAX);
	return 0;
}

static struct source *
earliest(const struct merge *merge)
{
	struct source *first = NULL;

	for (unsigned i = 0; i < merge->count; i++) {
		struct source *source = &merge->sources[i];

		if (source->state == SOURCE_ENDED)
			continue;
		if (merge->order == CONFIG_ORDER_SEQUENTIAL)
			return source;
		if (!first || source_time(source) < source_time(first))
			first = source;
	}
	return first;
}

/* Where the record of a file stands that follows others. What is left out before its first packet
 * is nowhere. */
static uint64_t
time_in_row(struct merge *merge, const struct source *source)
{
	const struct capture_file *file = &source->file;
	uint64_t behind = schedule_later(merge->last_ns, merge->gap_ns);

	if (source == merge->sources) {
		merge->shift_ns = 0;
	} else if (!merge->begun) {
		merge->shift_ns = behind - file->record.time_ns;
		merge->begun = file->fate == CAPTURE_PACKET;
	}
	return file->record.time_ns + merge->shift_ns;
}

int
merge_next(struct merge *merge)
{
	struct source *first;

	if (merge->taken) {
		int ret = load(merge, merge->taken);

		if (ret == -EAGAIN)
			return ret;
		merge->begun &= ret == 1;
		merge->taken = NULL;
	}
	while ((first = earliest(merge)) && first->state != SOURCE_LOADED) {
		if (load(merge, first) == -EAGAIN)
			return -EAGAIN;
	}
	if (!first)
		return 0;
	merge->taken = first;
	merge->number++;
	merge->time_ns = merge->order == CONFIG_ORDER_SEQUENTIAL ? time_in_row(merge, first)
								 : first->file.record.time_ns;
	if (merge->origin_ns == UINT64_MAX)
		merge->origin_ns = merge->time_ns;
	if (first->file.fate == CAPTURE_PACKET)
		merge->last_ns = merge->time_ns;
	return 1;
}
