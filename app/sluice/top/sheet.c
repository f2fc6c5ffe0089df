/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/sheet.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#include "core/banned.h"

#define CELLS_FIRST 256
#define MARGIN 1 /* column, for the mark */
#define GAP 1

const char *
paint_begin(const struct paint *paint, enum tone tone)
{
	static const char *const codes[] = {"", "\033[2m", "\033[33m", "\033[1;31m"};

	return paint->colours ? codes[tone] : "";
}

const char *
paint_end(const struct paint *paint, enum tone tone)
{
	return paint->colours && tone != TONE_PLAIN ? "\033[0m" : "";
}

unsigned
sheet_width(const char *text)
{
	unsigned width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

size_t
sheet_bytes(const char *text, unsigned columns)
{
	size_t bytes = 0;

	while (text[bytes]) {
		if (((unsigned char)text[bytes] & 0xc0) != 0x80 && columns-- == 0)
			break;
		bytes++;
	}
	return bytes;
}

void
sheet_begin(struct sheet *sheet, const struct sheet_column *columns, unsigned width)
{
	*sheet = (struct sheet){.columns = columns, .width = width};
}

void
sheet_free(struct sheet *sheet)
{
	free(sheet->cells);
	free(sheet->order);
	*sheet = (struct sheet){.columns = NULL};
}

static struct sheet_cell *
next_cell(struct sheet *sheet)
{
	size_t size = sheet->size ? sheet->size * 2 : CELLS_FIRST;
	struct sheet_cell *cells;

	if (sheet->used == sheet->size) {
		cells = realloc(sheet->cells, size * sizeof(*cells));
		if (!cells)
			return NULL;
		sheet->cells = cells;
		sheet->size = size;
	}
	sheet->cells[sheet->used] = (struct sheet_cell){.key = 0};
	return &sheet->cells[sheet->used++];
}

void
sheet_cell(struct sheet *sheet, enum tone tone, double key, const char *format, ...)
{
	struct sheet_cell *cell = next_cell(sheet);
	va_list args;

	if (!cell)
		return;
	va_start(args, format);
	vsnprintf(cell->text, sizeof(cell->text), format, args);
	va_end(args);
	text_clean(cell->text);
	cell->key = key;
	cell->tone = tone;
}

void
sheet_spark(struct sheet *sheet, double key, const struct spark *spark)
{
	struct sheet_cell *cell = next_cell(sheet);

	if (!cell)
		return;
	cell->key = key;
	cell->kind = SHEET_SPARK;
	cell->spark = spark;
}

void
sheet_bar(struct sheet *sheet, enum tone tone, double share)
{
	struct sheet_cell *cell = next_cell(sheet);

	if (!cell)
		return;
	cell->key = share;
	cell->tone = tone;
	cell->kind = SHEET_BAR;
}

static const struct sheet_cell *
cell_at(const struct sheet *sheet, size_t row, unsigned column)
{
	return &sheet->cells[row * sheet->width + column];
}

/* Whether row a stands before row b. */
struct by {
	const struct sheet *sheet;
	int sort;
};

static int
compare(const void *a, const void *b, void *arg)
{
	const struct by *by = arg;
	size_t row = *(const size_t *)a, other = *(const size_t *)b;
	const struct sheet_cell *first = cell_at(by->sheet, row, (unsigned)by->sort);
	const struct sheet_cell *second = cell_at(by->sheet, other, (unsigned)by->sort);
	int ret = 0;

	if (by->sort == 0)
		ret = strcmp(first->text, second->text);
	else if (first->key != second->key)
		ret = first->key > second->key ? -1 : 1;
	if (ret == 0)
		ret = row < other ? -1 : 1;
	return ret;
}

void
sheet_arrange(struct sheet *sheet, const char *filter, int sort)
{
	size_t rows = sheet->used / sheet->width;
	struct by by = {sheet, sort};

	free(sheet->order);
	sheet->rows = 0;
	sheet->order = malloc((rows + 1) * sizeof(*sheet->order));
	for (size_t i = 0; sheet->order && i < rows; i++) {
		if (!*filter || strcasestr(cell_at(sheet, i, 0)->text, filter))
			sheet->order[sheet->rows++] = i;
	}
	if (sort >= 0 && sheet->rows > 0)
		qsort_r(sheet->order, sheet->rows, sizeof(*sheet->order), compare, &by);
}

const char *
sheet_name(const struct sheet *sheet, size_t i)
{
	return i < sheet->rows ? cell_at(sheet, sheet->order[i], 0)->text : "";
}

static unsigned
taken(const struct sheet *sheet, const struct sheet_fit *fit)
{
	unsigned all = MARGIN;

	for (unsigned i = 0; i < sheet->width; i++)
		all += fit->widths[i] ? fit->widths[i] + GAP * (i > 0) : 0;
	return all;
}

/* The one that goes first; 0: none may. */
static unsigned
least_needed(const struct sheet *sheet, const struct sheet_fit *fit)
{
	unsigned found = 0;

	for (unsigned i = 1; i < sheet->width; i++) {
		if (fit->widths[i] && sheet->columns[i].rank > 0 &&
		    (found == 0 || sheet->columns[i].rank > sheet->columns[found].rank))
			found = i;
	}
	return found;
}

static unsigned
longest_name(const struct sheet *sheet, const char *title)
{
	unsigned longest = sheet_width(title);

	for (size_t i = 0; i < sheet->rows; i++) {
		unsigned width = sheet_width(sheet_name(sheet, i));

		longest = width > longest ? width : longest;
	}
	return longest;
}

void
sheet_fit(const struct sheet *sheet, unsigned columns, const char *title, struct sheet_fit *fit)
{
	unsigned gone, left, longest = longest_name(sheet, title);

	*fit = (struct sheet_fit){.all = columns};
	for (unsigned i = 0; i < sheet->width; i++)
		fit->widths[i] = sheet->columns[i].width;
	while (taken(sheet, fit) > columns && (gone = least_needed(sheet, fit)) > 0)
		fit->widths[gone] = 0;
	for (unsigned i = sheet->width - 1; i > 0 && taken(sheet, fit) > columns; i--)
		fit->widths[i] = 0;
	if (taken(sheet, fit) > columns)
		fit->widths[0] = columns > MARGIN ? columns - MARGIN : 0;
	left = columns > taken(sheet, fit) ? columns - taken(sheet, fit) : 0;
	if (longest > fit->widths[0]) {
		unsigned more = longest - fit->widths[0];

		more = more < left ? more : left;
		fit->widths[0] += more;
		left -= more;
	}
	for (unsigned i = 0; i < sheet->width; i++) {
		if (sheet->columns[i].grows && fit->widths[i]) {
			fit->widths[i] += left;
			break;
		}
	}
}

/* A text in so many columns, and in the colour of what it means. */
static void
put(const char *text, unsigned width, bool right, enum tone tone, const struct paint *paint,
    FILE *out)
{
	unsigned full = sheet_width(text), shown = full <= width ? full : width;
	const char *sign = paint->utf8 ? "\xe2\x80\xa6" : "~";
	bool cut = full > width && width > 1;

	fprintf(out, "%*s%s%.*s%s%s%*s", right ? (int)(width - shown) : 0, "",
		paint_begin(paint, tone), (int)sheet_bytes(text, shown - cut), text,
		cut ? sign : "", paint_end(paint, tone), right ? 0 : (int)(width - shown), "");
}

static void
put_cell(const struct sheet_cell *cell, unsigned width, bool right, const struct paint *paint,
	 FILE *out)
{
	struct spark_text drawn = {""};

	if (cell->kind == SHEET_SPARK && cell->spark)
		drawn = spark_draw(cell->spark, width, paint->utf8);
	else if (cell->kind == SHEET_BAR)
		drawn = spark_bar(cell->key, width, paint->utf8);
	put(cell->kind == SHEET_TEXT ? cell->text : drawn.text, width, right, cell->tone, paint,
	    out);
}

static void
fill_up(const struct sheet *sheet, const struct sheet_fit *fit, FILE *out)
{
	unsigned all = taken(sheet, fit);

	if (all < fit->all)
		fprintf(out, "%*s", (int)(fit->all - all), "");
}

void
sheet_head(const struct sheet *sheet, const struct sheet_fit *fit, const char *title, int sort,
	   bool marked, const struct paint *paint, FILE *out)
{
	char head[SHEET_TEXT_MAX];

	fputc(marked ? '>' : ' ', out);
	for (unsigned i = 0; i < sheet->width; i++) {
		if (!fit->widths[i])
			continue;
		snprintf(head, sizeof(head), "%s%s", (int)i == sort ? "*" : "",
			 i ? sheet->columns[i].head : title);
		fprintf(out, "%*s", i ? GAP : 0, "");
		put(head, fit->widths[i], sheet->columns[i].right, marked ? TONE_PLAIN : TONE_DIM,
		    paint, out);
	}
	fill_up(sheet, fit, out);
}

void
sheet_row(const struct sheet *sheet, const struct sheet_fit *fit, size_t i, bool marked,
	  const struct paint *paint, FILE *out)
{
	fputc(marked ? '>' : ' ', out);
	for (unsigned j = 0; j < sheet->width; j++) {
		const struct sheet_cell *cell = cell_at(sheet, sheet->order[i], j);

		if (!fit->widths[j])
			continue;
		fprintf(out, "%*s", j ? GAP : 0, "");
		put_cell(cell, fit->widths[j], sheet->columns[j].right, paint, out);
	}
	fill_up(sheet, fit, out);
}
