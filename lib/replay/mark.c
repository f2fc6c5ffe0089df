/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/mark.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/interface.h"

#include "core/banned.h"

/* What formats may take. A file of so many interfaces or sections that it is not enough has fewer
 * marks. */
#define FORMAT_BYTES_MAX (16u << 20)

int
marks_open(struct marks *marks, uint64_t pieces)
{
	*marks = (struct marks){.room = pieces};
	if (pieces)
		marks->items = calloc(pieces, sizeof(*marks->items));
	return !pieces || marks->items ? 0 : -ENOMEM;
}

void
marks_close(struct marks *marks)
{
	for (unsigned i = 0; i < marks->format_count; i++)
		format_end(&marks->formats[i]);
	free(marks->formats);
	free(marks->items);
	*marks = (struct marks){0};
}

static size_t
interface_bytes(const struct format *format)
{
	return format->interface_count * sizeof(*format->interfaces);
}

static int
copy(struct format *to, const struct format *from)
{
	*to = *from;
	to->interfaces = NULL;
	to->interface_room = from->interface_count;
	if (from->interface_count == 0)
		return 0;
	to->interfaces = malloc(interface_bytes(from));
	if (!to->interfaces) {
		to->interface_count = to->interface_room = 0;
		return -ENOMEM;
	}
	memcpy(to->interfaces, from->interfaces, interface_bytes(from));
	return 0;
}

static bool
is_same(const struct format *a, const struct format *b)
{
	return a->swapped == b->swapped && a->interface_count == b->interface_count &&
	       (a->interface_count == 0 ||
		memcmp(a->interfaces, b->interfaces, interface_bytes(a)) == 0);
}

/* Most files have all interfaces at their beginning, so that one format does for all marks. */
static bool
keep_format(struct marks *marks, const struct format *format)
{
	size_t bytes = sizeof(*format) + interface_bytes(format);

	if (marks->format_count && is_same(&marks->formats[marks->format_count - 1], format))
		return true;
	if (marks->format_bytes + bytes > FORMAT_BYTES_MAX)
		return false;
	if (marks->format_count == marks->format_room) {
		unsigned room = marks->format_room ? marks->format_room * 2 : 1;
		struct format *grown = realloc(marks->formats, room * sizeof(*grown));

		if (!grown)
			return false;
		marks->formats = grown;
		marks->format_room = room;
	}
	if (copy(&marks->formats[marks->format_count], format) < 0)
		return false;
	marks->format_count++;
	marks->format_bytes += bytes;
	return true;
}

void
marks_set(struct marks *marks, uint64_t piece, const struct mark *mark, const struct format *format)
{
	/* Formats are kept in the file's order; a mark that was left out once stays out. */
	if (piece >= marks->room || piece < marks->count || !keep_format(marks, format))
		return;
	marks->items[piece] = *mark;
	marks->items[piece].format = marks->format_count - 1;
	marks->count = piece + 1;
}

const struct mark *
marks_before_time(const struct marks *marks, uint64_t time_ns)
{
	for (uint64_t i = marks->count; i-- > 0;) {
		const struct mark *mark = &marks->items[i];

		if (mark->position && mark->time_ns < time_ns)
			return mark;
	}
	return NULL;
}

const struct mark *
marks_before_record(const struct marks *marks, uint64_t records, bool merged)
{
	for (uint64_t i = marks->count; i-- > 0;) {
		const struct mark *mark = &marks->items[i];

		if (mark->position && (merged ? mark->merged : mark->records) <= records)
			return mark;
	}
	return NULL;
}

int
marks_format(const struct marks *marks, const struct mark *mark, struct format *out)
{
	return copy(out, &marks->formats[mark->format]);
}
