/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines that stand once in each text tie the two together: names of rules, mostly. The longest run
 * of them that keeps its order is what did not move (patience sorting), and only the gaps between
 * are compared line by line. So time and memory grow with the texts, not with their square.
 */
#include "config/lines.h"

#include <stdlib.h>
#include <string.h>

#include "config/names.h"

#include "core/banned.h"

/* Cells of the largest table for a gap; a larger gap counts as replaced. */
#define CELLS_MAX ((size_t)1 << 20)

#define NO_LINE UINT32_MAX
#define TWICE (NO_LINE - 1)

void
lines_free(struct lines *lines)
{
	free(lines->copy);
	free(lines->items);
	free(lines->number);
	free(lines->kept);
}

bool
lines_cut(struct lines *lines, char *text)
{
	uint32_t count = 0;

	memset(lines, 0, sizeof(*lines));
	lines->copy = text;
	if (!text)
		return false;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		count++;
	lines->items = calloc(count + 1, sizeof(*lines->items));
	lines->number = calloc(count + 1, sizeof(*lines->number));
	lines->kept = calloc(count + 1, sizeof(*lines->kept));
	if (!lines->items || !lines->number || !lines->kept)
		return false;
	for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		lines->items[lines->count++] = at;
	}
	return true;
}

/* Equal lines of both texts get equal numbers, counted from 0; returns how many there are. */
static uint32_t
number_lines(struct names *names, struct lines *lines, uint32_t next)
{
	for (uint32_t i = 0; i < lines->count; i++) {
		uint32_t number = names_add(names, lines->items[i], next);

		lines->number[i] = number == NAMES_NONE ? next++ : number;
	}
	return next;
}

/* Some of the lines of both texts: from .. end. */
struct gap {
	uint32_t from[2], end[2];
};

static void
keep(struct lines *before, struct lines *after, uint32_t i, uint32_t j)
{
	before->kept[i] = true;
	after->kept[j] = true;
}

static void
trim(struct lines *before, struct lines *after, struct gap *gap)
{
	while (gap->from[0] < gap->end[0] && gap->from[1] < gap->end[1] &&
	       before->number[gap->from[0]] == after->number[gap->from[1]])
		keep(before, after, gap->from[0]++, gap->from[1]++);
	while (gap->from[0] < gap->end[0] && gap->from[1] < gap->end[1] &&
	       before->number[gap->end[0] - 1] == after->number[gap->end[1] - 1])
		keep(before, after, --gap->end[0], --gap->end[1]);
}

/* The longest common subsequence of a gap, by the table of its lengths from each pair of lines
 * on. */
static bool
compare_gap(struct lines *before, struct lines *after, struct gap gap)
{
	uint32_t rows, columns, i = 0, j = 0;
	uint16_t *table; /* no length is above the root of CELLS_MAX */

	trim(before, after, &gap);
	rows = gap.end[0] - gap.from[0];
	columns = gap.end[1] - gap.from[1];
	if (rows == 0 || columns == 0 || (uint64_t)(rows + 1) * (columns + 1) > CELLS_MAX)
		return true;
	table = calloc((size_t)(rows + 1) * (columns + 1), sizeof(*table));
	if (!table)
		return false;
	for (i = rows; i-- > 0;) {
		uint16_t *row = table + (size_t)i * (columns + 1), *below = row + columns + 1;

		for (j = columns; j-- > 0;) {
			if (before->number[gap.from[0] + i] == after->number[gap.from[1] + j])
				row[j] = below[j + 1] + 1;
			else
				row[j] = below[j] > row[j + 1] ? below[j] : row[j + 1];
		}
	}
	for (i = 0, j = 0; i < rows && j < columns;) {
		const uint16_t *row = table + (size_t)i * (columns + 1), *below = row + columns + 1;

		if (before->number[gap.from[0] + i] == after->number[gap.from[1] + j])
			keep(before, after, gap.from[0] + i++, gap.from[1] + j++);
		else if (below[j] >= row[j + 1])
			i++;
		else
			j++;
	}
	free(table);
	return true;
}

/* By line number: where in the gap it stands, NO_LINE or TWICE. */
static void
find_single(const struct lines *lines, uint32_t from, uint32_t end, uint32_t *where,
	    uint32_t numbers)
{
	for (uint32_t i = 0; i < numbers; i++)
		where[i] = NO_LINE;
	for (uint32_t i = from; i < end; i++) {
		uint32_t *at = &where[lines->number[i]];

		*at = *at == NO_LINE ? i : TWICE;
	}
}

struct anchor {
	uint32_t before, after;
	uint32_t previous; /* anchor of the longest run that ends here */
};

/* The index of the first pile whose top lies behind line before. */
static uint32_t
find_pile(const struct anchor *anchors, const uint32_t *piles, uint32_t count, uint32_t before)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (anchors[piles[middle]].before < before)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Keeps the longest run of single lines; piles has room for all of them. */
static void
keep_anchors(struct lines *before, struct lines *after, struct anchor *anchors, uint32_t count,
	     uint32_t *piles)
{
	uint32_t pile_count = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t pile = find_pile(anchors, piles, pile_count, anchors[i].before);

		anchors[i].previous = pile ? piles[pile - 1] : NO_LINE;
		piles[pile] = i;
		pile_count += pile == pile_count;
	}
	if (pile_count == 0)
		return;
	for (uint32_t i = piles[pile_count - 1]; i != NO_LINE; i = anchors[i].previous)
		keep(before, after, anchors[i].before, anchors[i].after);
}

static bool
find_anchors(struct lines *before, struct lines *after, const struct gap *gap, uint32_t numbers)
{
	uint32_t *where = calloc((size_t)numbers * 2 + 1, sizeof(*where));
	struct anchor *anchors = calloc(numbers + 1, sizeof(*anchors));
	uint32_t count = 0;

	if (where && anchors) {
		find_single(before, gap->from[0], gap->end[0], where, numbers);
		find_single(after, gap->from[1], gap->end[1], where + numbers, numbers);
		for (uint32_t j = gap->from[1]; j < gap->end[1]; j++) {
			uint32_t number = after->number[j];

			if (where[number] < TWICE && where[numbers + number] == j)
				anchors[count++] = (struct anchor){where[number], j, NO_LINE};
		}
		keep_anchors(before, after, anchors, count, where);
	}
	free(anchors);
	free(where);
	return where && anchors;
}

/* Compares what lies between the anchors that are kept. */
static bool
compare_gaps(struct lines *before, struct lines *after, struct gap all)
{
	struct gap gap = all;

	while (gap.from[0] < all.end[0] || gap.from[1] < all.end[1]) {
		gap.end[0] = gap.from[0];
		gap.end[1] = gap.from[1];
		while (gap.end[0] < all.end[0] && !before->kept[gap.end[0]])
			gap.end[0]++;
		while (gap.end[1] < all.end[1] && !after->kept[gap.end[1]])
			gap.end[1]++;
		if (!compare_gap(before, after, gap))
			return false;
		gap.from[0] = gap.end[0] + 1;
		gap.from[1] = gap.end[1] + 1;
	}
	return true;
}

bool
lines_compare(struct lines *before, struct lines *after)
{
	struct gap all = {.end = {before->count, after->count}};
	struct names names;
	uint32_t numbers;
	bool done;

	if (names_init(&names, before->count + after->count) < 0)
		return false;
	numbers = number_lines(&names, before, 0);
	numbers = number_lines(&names, after, numbers);
	names_clear(&names);
	trim(before, after, &all);
	done = find_anchors(before, after, &all, numbers) && compare_gaps(before, after, all);
	return done;
}
