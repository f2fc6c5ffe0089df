/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/lines.h"
#include "core/text.h"

#include "core/banned.h"

/* Lines around a change that are shown with it. */
#define CONTEXT 3

/* Places in both texts. */
struct at {
	uint32_t before, after;
};

static bool
is_change(const struct lines *before, const struct lines *after, struct at at)
{
	return (at.before < before->count && !before->kept[at.before]) ||
	       (at.after < after->count && !after->kept[at.after]);
}

static bool
is_end(const struct lines *before, const struct lines *after, struct at at)
{
	return at.before == before->count && at.after == after->count;
}

static struct at
skip_change(const struct lines *before, const struct lines *after, struct at at)
{
	while (at.before < before->count && !before->kept[at.before])
		at.before++;
	while (at.after < after->count && !after->kept[at.after])
		at.after++;
	return at;
}

/* Kept lines from here, up to a limit. */
static uint32_t
count_kept(const struct lines *before, const struct lines *after, struct at at, uint32_t limit)
{
	uint32_t count = 0;

	while (count < limit && !is_end(before, after, at) && !is_change(before, after, at)) {
		at.before++;
		at.after++;
		count++;
	}
	return count;
}

/* Where the hunk ends whose first change is here: changes with few lines between are shown as
 * one. */
static struct at
find_end(const struct lines *before, const struct lines *after, struct at at)
{
	for (;;) {
		uint32_t kept;

		at = skip_change(before, after, at);
		kept = count_kept(before, after, at, 2 * CONTEXT + 1);
		at.before += kept;
		at.after += kept;
		if (is_change(before, after, at) && kept <= 2 * CONTEXT)
			continue;
		kept -= kept < CONTEXT ? kept : CONTEXT;
		return (struct at){at.before - kept, at.after - kept};
	}
}

static void
put_hunk(FILE *out, const struct lines *before, const struct lines *after, struct at from,
	 struct at end)
{
	fprintf(out, "@@ -%u,%u +%u,%u @@\n", from.before + (from.before < end.before),
		end.before - from.before, from.after + (from.after < end.after),
		end.after - from.after);
	while (from.before < end.before || from.after < end.after) {
		for (; from.before < end.before && !before->kept[from.before]; from.before++)
			fprintf(out, "-%s\n", before->items[from.before]);
		for (; from.after < end.after && !after->kept[from.after]; from.after++)
			fprintf(out, "+%s\n", after->items[from.after]);
		for (; from.before < end.before && before->kept[from.before] &&
		       from.after < end.after && after->kept[from.after];
		     from.before++, from.after++)
			fprintf(out, " %s\n", before->items[from.before]);
	}
}

static void
put_hunks(FILE *out, const struct lines *before, const struct lines *after)
{
	struct at at = {0};
	uint32_t kept = 0; /* lines since the last hunk */

	while (!is_end(before, after, at)) {
		uint32_t lead = kept < CONTEXT ? kept : CONTEXT;
		struct at end;

		if (!is_change(before, after, at)) {
			at.before++;
			at.after++;
			kept++;
			continue;
		}
		end = find_end(before, after, at);
		put_hunk(out, before, after, (struct at){at.before - lead, at.after - lead}, end);
		at = end;
		kept = 0;
	}
}

static char *
show_changes(const struct lines *before, const struct lines *after)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_hunks(out, before, after);
	return text_close(out, &text);
}

char *
config_diff(const struct config *before, const struct config *after)
{
	struct lines old = {0}, new = {0};
	char *text = NULL;

	if (lines_cut(&old, config_emit(before)) && lines_cut(&new, config_emit(after)) &&
	    lines_compare(&old, &new))
		text = show_changes(&old, &new);
	lines_free(&old);
	lines_free(&new);
	return text;
}
