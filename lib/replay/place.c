/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/place.h"

#include "core/banned.h"

/* Of one file, or of those that lie in each other. Where a file of a row lies in time is known when
 * those before it were read. */
static bool
is_placed(const struct merge *merge, const struct config_moment *moment)
{
	if (merge->order == CONFIG_ORDER_SEQUENTIAL && merge->count > 1)
		return false;
	return moment->kind == CONFIG_MOMENT_TIME ||
	       (moment->kind == CONFIG_MOMENT_PACKET && moment->value > 1);
}

/* Whether all files have guides. */
static bool
find_guides(struct merge *merge)
{
	bool all = true;

	for (unsigned i = 0; i < merge->count; i++)
		all &= guide_find(&merge->sources[i].guide, &merge->sources[i].file);
	return all;
}

/* What a record's time counts from, where no record was taken yet: all that have guides have
 * records with times, the first of which was looked at. */
static uint64_t
find_origin(const struct merge *merge)
{
	uint64_t origin = UINT64_MAX;

	for (unsigned i = 0; i < merge->count; i++) {
		const struct source *source = &merge->sources[i];

		if (index_row(&source->guide.index, 0).packets == 0 || !source->file.lead_known)
			return UINT64_MAX;
		if (source->file.lead_ns < origin)
			origin = source->file.lead_ns;
	}
	return origin;
}

/* Whether surely no more than so many records are earlier than a time: those before the first row
 * that reaches it. */
static bool
are_at_most(const struct merge *merge, uint64_t time_ns, uint64_t records)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < merge->count; i++) {
		const struct guide *guide = &merge->sources[i].guide;
		uint64_t row = index_seek_line(&guide->index, time_ns);

		if (row == guide->index.count && !guide->whole)
			return false;
		row -= row == guide->index.count;
		sum += index_row(&guide->index, row).packets;
	}
	return sum <= records;
}

/* The latest time of which that is known. */
static uint64_t
time_by_guides(const struct merge *merge, uint64_t records)
{
	uint64_t from = 0, to = UINT64_MAX;

	while (from < to) {
		uint64_t middle = from + (to - from) / 2 + 1;

		if (are_at_most(merge, middle, records))
			from = middle;
		else
			to = middle - 1;
	}
	return from;
}

/* Records of merged files are numbered across them. When a mark was passed, all records with a time
 * less than the latest one's had been taken, whatever file they are in. */
static uint64_t
time_by_marks(const struct merge *merge, uint64_t records)
{
	const struct mark *nearest = NULL;

	for (unsigned i = 0; i < merge->count; i++) {
		const struct mark *mark =
			marks_before_record(&merge->sources[i].marks, records, true);

		if (mark && (!nearest || mark->merged > nearest->merged))
			nearest = mark;
	}
	return nearest ? nearest->merged_ns : 0;
}

static uint64_t
time_of_packet(const struct merge *merge, uint64_t number, bool guided)
{
	uint64_t marks = time_by_marks(merge, number - 1);
	uint64_t guides = guided ? time_by_guides(merge, number - 1) : 0;

	return marks > guides ? marks : guides;
}

void
place_find(struct merge *merge, const struct config_moment *moment, struct place *out)
{
	bool guided;

	*out = (struct place){PLACE_BEGIN, 0};
	if (!is_placed(merge, moment))
		return;
	guided = find_guides(merge);
	if (merge->origin_ns == UINT64_MAX && guided)
		merge->origin_ns = find_origin(merge);
	if (merge->origin_ns == UINT64_MAX)
		return;
	if (moment->kind == CONFIG_MOMENT_PACKET && merge->count == 1)
		*out = (struct place){PLACE_PACKET, moment->value};
	else if (moment->kind == CONFIG_MOMENT_PACKET)
		*out = (struct place){PLACE_TIME, time_of_packet(merge, moment->value, guided)};
	else if (moment->value <= UINT64_MAX - merge->origin_ns)
		*out = (struct place){PLACE_TIME, merge->origin_ns + moment->value};
}

int
place_source(struct source *source, const struct place *place)
{
	const struct index *index = &source->guide.index;
	const struct mark *mark = NULL;
	uint64_t rows = 0;

	if (place->kind == PLACE_TIME) {
		mark = marks_before_time(&source->marks, place->value);
		rows = index_seek_line(index, place->value);
	} else if (place->kind == PLACE_PACKET) {
		mark = marks_before_record(&source->marks, place->value - 1, false);
		rows = index_seek_packet(index, place->value);
	}
	if (rows && (!mark || mark->position < index_row(index, rows - 1).end))
		return source_leap(source, rows);
	return mark ? source_rewind(source, mark) : source_stand(source);
}
