/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/entry.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/terminal.h"
#include "core/text.h"

#include "core/banned.h"

#define COLUMNS 80

bool
entry_begin(struct entry *entry, FILE *out)
{
	*entry = (struct entry){.out = out};
	entry->text = open_memstream(&entry->bytes, &entry->size);
	return entry->text != NULL;
}

/* Where the line is to be broken that begins with text. */
static size_t
line_length(const char *text, size_t room)
{
	size_t columns = 0, at = 0, last = 0;

	while (text[at] && columns < room) {
		unsigned bytes = text_utf8(text + at);

		if (text[at] == ' ')
			last = at;
		at += bytes ? bytes : 1;
		columns++;
	}
	return !text[at] || text[at] == ' ' || !last ? at : last;
}

void
entry_end(struct entry *entry, const char *label, unsigned indent)
{
	struct terminal terminal = terminal_of(entry->out);
	unsigned columns = terminal.columns ? terminal.columns : COLUMNS;
	size_t room = columns > indent + COLUMNS / 4 ? columns - indent : COLUMNS / 4;
	const char *text;

	if (!text_close(entry->text, &entry->bytes)) {
		free(entry->bytes);
		return;
	}
	text_clean(entry->bytes);
	text = entry->bytes;
	do {
		size_t length = line_length(text, room);

		fprintf(entry->out, "%-*s%.*s\n", (int)indent, label, (int)length, text);
		text += length + strspn(text + length, " ");
		label = "";
	} while (*text);
	free(entry->bytes);
}

void
entry_say(FILE *out, const char *label, const char *format, ...)
{
	struct entry entry;
	va_list arguments;

	if (!entry_begin(&entry, out))
		return;
	va_start(arguments, format);
	vfprintf(entry.text, format, arguments);
	va_end(arguments);
	entry_end(&entry, label, ENTRY_LABEL);
}
