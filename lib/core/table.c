/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/terminal.h"
#include "core/text.h"

#include "core/banned.h"

#define COLUMNS_MAX 16
#define GAP 2 /* spaces between columns */
/* Words are cut to no less than that, to fit a terminal. */
#define WORDS_MIN 16

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

/* Which columns stand side by side: the first, and some that follow each other. */
struct block {
	unsigned from, to; /* without the first; to is the one behind the last */
	const unsigned *widths;
};

/* The column behind another one in a block. What has no width stands nowhere. */
static unsigned
behind(const struct block *block, unsigned column)
{
	column = column == 0 && block->from > 0 ? block->from : column + 1;
	while (column < block->to && block->widths[column] == 0)
		column++;
	return column;
}

/* Bytes of a text that fill so many columns. */
static int
bytes_of(const char *text, unsigned columns)
{
	const char *at = text;

	for (; *at; at++) {
		bool begins = ((unsigned char)*at & 0xc0) != 0x80; /* RFC 3629, section 3 */

		if (begins && columns-- == 0)
			break;
	}
	return (int)(at - text);
}

/* Spaces are owed until something follows them, so that no line ends in one. */
static void
print_row(const struct table *table, const struct block *block, char *const *cells, FILE *out)
{
	const unsigned *widths = block->widths;
	unsigned owed = 0;

	for (unsigned i = 0; i < block->to; i = behind(block, i)) {
		const char *cell = cells[i] ? cells[i] : "";
		unsigned width = width_of(cell);
		bool cut = width > widths[i];
		unsigned pad = cut ? 0 : widths[i] - width;

		if (table->right[i])
			owed += pad;
		if (*cell) {
			fprintf(out, "%*s%.*s%s", (int)owed, "",
				bytes_of(cell, cut ? widths[i] - 1 : width), cell,
				!cut                     ? ""
				: terminal_speaks_utf8() ? "\xe2\x80\xa6"
							 : "~");
			owed = 0;
		}
		owed += GAP + (table->right[i] ? 0 : pad);
	}
}

static unsigned
block_width(const struct block *block)
{
	unsigned total = 0;

	for (unsigned i = 0; i < block->to; i = behind(block, i))
		total += block->widths[i] + (i ? GAP : 0);
	return total;
}

static void
print_rule(const struct block *block, FILE *out)
{
	for (unsigned total = block_width(block); total > 0; total--)
		fputc('-', out);
}

static void
print_block(const struct table *table, const struct block *block, FILE *out)
{
	const struct table_style *style = table_style(out);

	fputs(style->bold, out);
	print_row(table, block, table->heads, out);
	fprintf(out, "%s\n", style->plain);
	for (size_t i = 0; i + table->columns <= table->count; i += table->columns) {
		if (table->cells[i])
			print_row(table, block, table->cells + i, out);
		else
			print_rule(block, out);
		fputc('\n', out);
	}
}

/* What a column of words has at least. */
static unsigned
least_of(const struct table *table, unsigned column)
{
	unsigned head = width_of(table->heads[column]);

	return head > WORDS_MIN ? head : WORDS_MIN;
}

/* Takes the excess from the columns of words, from the widest first. Numbers stay whole. False: it
 * is not enough. */
static bool
cut_words(const struct table *table, unsigned *widths, unsigned limit)
{
	const struct block all = {1, table->columns, widths};

	for (unsigned total = block_width(&all); total > limit; total--) {
		unsigned widest = table->columns;

		for (unsigned i = 0; i < table->columns; i++) {
			if (!table->right[i] && widths[i] > least_of(table, i) &&
			    (widest == table->columns || widths[i] > widths[widest]))
				widest = i;
		}
		if (widest == table->columns)
			return false;
		widths[widest]--;
	}
	return true;
}

static bool
is_empty(const struct table *table, unsigned column)
{
	for (size_t i = column; i < table->count; i += table->columns) {
		if (table->cells[i] && *table->cells[i])
			return false;
	}
	return true;
}

/* For columns that go on below: words are whole where a line has room for them, behind a first
 * column that takes half of it at most. A column that nothing stands in is left out. */
static void
fold_words(const struct table *table, unsigned *widths, unsigned limit)
{
	unsigned room = limit / 2;

	for (unsigned i = 0; i < table->columns; i++) {
		unsigned least = least_of(table, i);

		least = room > least ? room : least;
		if (is_empty(table, i))
			widths[i] = 0;
		else if (!table->right[i] && widths[i] > least)
			widths[i] = least;
		if (i == 0)
			room = limit - (limit < widths[0] + GAP ? limit : widths[0] + GAP);
	}
}

/* Behind a column and those without a head, which belong to it. */
static unsigned
behind_group(const struct table *table, unsigned column)
{
	do
		column++;
	while (column < table->columns && !*table->heads[column]);
	return column;
}

/* Behind the last column from one on that a line has room for, which is one at least. */
static unsigned
fill_line(const struct table *table, const unsigned *widths, unsigned from, unsigned limit)
{
	struct block block = {from, behind_group(table, from), widths};
	unsigned to;

	do {
		to = block.to;
		block.to = behind_group(table, to);
	} while (to < table->columns && block_width(&block) <= limit);
	return to;
}

/* Words are cut if that makes a line of each row. If not, columns for which there is no room go on
 * below, behind the first one again. */
static void
print_fitting(const struct table *table, unsigned *widths, unsigned limit, FILE *out)
{
	unsigned cut[COLUMNS_MAX];
	struct block block = {1, table->columns, cut};

	memcpy(cut, widths, sizeof(cut));
	if (cut_words(table, cut, limit)) {
		print_block(table, &block, out);
		return;
	}
	fold_words(table, widths, limit);
	block = (struct block){1, 1, widths};
	while (block.to < table->columns) {
		block.from = block.to;
		block.to = fill_line(table, widths, block.from, limit);
		/* What is left may be a column without anything in it. */
		if (block_width(&block) == widths[0])
			continue;
		if (block.from > 1)
			fputc('\n', out);
		print_block(table, &block, out);
	}
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
	unsigned widths[COLUMNS_MAX], limit = terminal_of(out).columns;

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
	if (limit && table->columns > 1)
		print_fitting(table, widths, limit, out);
	else
		print_block(table, &(struct block){1, table->columns, widths}, out);
	table_free(table);
}

const struct table_style *
table_style(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");

	if ((no_color && *no_color) || !terminal_of(out).obeys)
		return &plain_style;
	return &colour_style;
}

struct table_bar
table_bar(double part, double whole, unsigned width)
{
	const char *block = terminal_speaks_utf8() ? "\xe2\x96\x87" : "#";
	size_t size = strlen(block);
	struct table_bar bar = {""};
	unsigned filled = whole > 0 ? (unsigned)(part / whole * width + 0.5) : 0;

	if (filled == 0 && part > 0)
		filled = 1;
	for (unsigned i = 0; i < filled && (i + 1) * size < sizeof(bar.text); i++)
		memcpy(bar.text + i * size, block, size);
	return bar;
}
