/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"

#include "core/banned.h"

#define COLUMNS_MAX 16
#define GAP 2 /* spaces between columns */

static const struct table_style plain_style = {"", "", "", "", ""};
static const struct table_style colour_style = {"\033[1m", "\033[2m", "\033[32m", "\033[1;31m",
						"\033[0m"};

struct table {
	unsigned columns, used;
	size_t count, capacity;
	bool right[COLUMNS_MAX];
	char *heads[COLUMNS_MAX];
	char **cells; /* row by row; a row whose first cell is NULL is a rule across */
};

struct table *
table_new(const char *heads)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	for (const char *head = heads; table->columns < COLUMNS_MAX;) {
		size_t length = strcspn(head, "|");
		bool right = *head == '>';

		table->right[table->columns] = right;
		table->heads[table->columns++] = strndup(head + right, length - right);
		if (!head[length])
			break;
		head += length + 1;
	}
	return table;
}

static void
append(struct table *table, char *cell)
{
	if (table->count == table->capacity) {
		size_t capacity = table->capacity ? table->capacity * 2 : 64;
		char **cells = realloc(table->cells, capacity * sizeof(*cells));

		if (!cells) {
			free(cell);
			return;
		}
		table->cells = cells;
		table->capacity = capacity;
	}
	table->cells[table->count++] = cell;
}

void
table_cell(struct table *table, const char *format, ...)
{
	va_list args;
	char *cell;
	int length;

	if (!table)
		return;
	va_start(args, format);
	length = vasprintf(&cell, format, args);
	va_end(args);
	if (length < 0)
		return;
	text_clean(cell);
	append(table, cell);
}

void
table_line(struct table *table)
{
	for (unsigned i = 0; table && i < table->columns; i++)
		append(table, NULL);
}

/* Columns of a terminal that a text takes; every character is taken for one. */
static unsigned
width_of(const char *text)
{
	unsigned width = 0;

	for (; text && *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* Spaces are owed until something follows them, so that no line ends in one. */
static void
print_row(const struct table *table, char *const *cells, const unsigned *widths, FILE *out)
{
	unsigned owed = 0;

	for (unsigned i = 0; i < table->columns; i++) {
		const char *cell = cells[i] ? cells[i] : "";
		unsigned pad = widths[i] - width_of(cell);

		if (table->right[i])
			owed += pad;
		if (*cell) {
			fprintf(out, "%*s%s", (int)owed, "", cell);
			owed = 0;
		}
		owed += GAP + (table->right[i] ? 0 : pad);
	}
}

static void
print_rule(const struct table *table, const unsigned *widths, FILE *out)
{
	unsigned total = 0;

	for (unsigned i = 0; i < table->columns; i++)
		total += widths[i] + (i ? GAP : 0);
	while (total-- > 0)
		fputc('-', out);
}

static void
table_free(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	for (unsigned i = 0; i < table->columns; i++)
		free(table->heads[i]);
	free(table->cells);
	free(table);
}

void
table_print(struct table *table, FILE *out)
{
	const struct table_style *style = table_style(out);
	unsigned widths[COLUMNS_MAX];

	if (!table)
		return;
	assert(table->columns > 0);
	for (unsigned i = 0; i < table->columns; i++)
		widths[i] = width_of(table->heads[i]);
	for (size_t i = 0; i < table->count; i++) {
		unsigned width = width_of(table->cells[i]);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	fputs(style->bold, out);
	print_row(table, table->heads, widths, out);
	fprintf(out, "%s\n", style->plain);
	for (size_t i = 0; i + table->columns <= table->count; i += table->columns) {
		if (table->cells[i])
			print_row(table, table->cells + i, widths, out);
		else
			print_rule(table, widths, out);
		fputc('\n', out);
	}
	table_free(table);
}

const struct table_style *
table_style(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!isatty(fileno(out)) || (no_color && *no_color) || !term || strcmp(term, "dumb") == 0)
		return &plain_style;
	return &colour_style;
}

static bool
speaks_utf8(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

struct table_bar
table_bar(double part, double whole, unsigned width)
{
	const char *block = speaks_utf8() ? "\xe2\x96\x87" : "#";
	size_t size = strlen(block);
	struct table_bar bar = {""};
	unsigned filled = whole > 0 ? (unsigned)(part / whole * width + 0.5) : 0;

	if (filled == 0 && part > 0)
		filled = 1;
	for (unsigned i = 0; i < filled && (i + 1) * size < sizeof(bar.text); i++)
		memcpy(bar.text + i * size, block, size);
	return bar;
}
