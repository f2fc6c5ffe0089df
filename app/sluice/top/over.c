/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/over.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "top/sheet.h"

#include "core/banned.h"

#define INDENT 4 /* of what goes on */
#define ROWS_MAX 1000000000

void
over_begin(struct over *over, enum over_kind kind)
{
	over_end(over);
	*over = (struct over){.kind = kind, .follows = kind == OVER_TAP};
}

void
over_end(struct over *over)
{
	free(over->text);
	*over = (struct over){.kind = OVER_NONE};
}

void
over_say(struct over *over, char *text)
{
	free(over->text);
	over->text = text;
	/* What a terminal would obey is taken out. */
	while (text && *text) {
		char *end = text + strcspn(text, "\n"), kept = *end;

		*end = '\0';
		text_clean(text);
		*end = kept;
		text = end + (kept != '\0');
	}
}

void
over_move(struct over *over, int by)
{
	long to = (long)over->first + by;

	over->first = (unsigned)(to < 0 ? 0 : to > ROWS_MAX ? ROWS_MAX : to);
	if (by < 0)
		over->follows = false;
}

/* Bytes of a text that stand in one row: to a space where there is one in its second half. */
static size_t
row_bytes(const char *text, const char *end, unsigned columns)
{
	size_t most = sheet_bytes(text, columns), at = most;

	if (most >= (size_t)(end - text))
		return (size_t)(end - text);
	while (at > most / 2 && text[at] != ' ')
		at--;
	return at > most / 2 ? at : most;
}

/* Returns how many rows it takes. */
static unsigned
wrap(const char *text, unsigned columns, FILE *out)
{
	unsigned indent = columns > 4 * INDENT ? INDENT : 0, rows = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");
		const char *end = text + length;
		unsigned before = 0;

		do {
			size_t part = row_bytes(text, end, columns - before);

			fprintf(out, "%*s%.*s\n", (int)before, "", (int)part, text);
			rows++;
			text += part;
			text += text < end && *text == ' ';
			before = indent;
		} while (text < end);
		text += *text == '\n';
	}
	return rows;
}

void
over_put(struct over *over, unsigned columns, unsigned rows, FILE *out)
{
	char *wrapped = NULL;
	size_t size;
	FILE *lines = open_memstream(&wrapped, &size);
	unsigned count, last;
	const char *text;

	if (!lines)
		return;
	count = wrap(over->text ? over->text : "", columns ? columns : 1, lines);
	text = wrapped = text_close(lines, &wrapped);
	last = count > rows ? count - rows : 0;
	if (over->first >= last) {
		over->first = last;
		over->follows = over->kind == OVER_TAP;
	}
	if (over->follows)
		over->first = last;
	for (unsigned i = 0; text && i < over->first; i++)
		text = strchr(text, '\n') + 1;
	for (unsigned i = 0; text && i < rows && *text; i++) {
		int length = (int)strcspn(text, "\n") + 1;

		fprintf(out, "%.*s", length, text);
		text += length;
	}
	free(wrapped);
}
