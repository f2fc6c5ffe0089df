/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sheet: rows and columns of one pane, which are sorted and filtered, and written a line at a time
 * in exactly as many columns as there are. One thread. Without memory cells are left out.
 */
#ifndef TOP_SHEET_H
#define TOP_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "top/spark.h"

#define SHEET_COLUMNS_MAX 12
#define SHEET_TEXT_MAX 128

/* What a number means, which is what its colour says. */
enum tone { TONE_PLAIN, TONE_DIM, TONE_WARN, TONE_BAD };

/* How a terminal shows it. */
struct paint {
	bool colours, utf8;
};

const char *paint_begin(const struct paint *paint, enum tone tone);
const char *paint_end(const struct paint *paint, enum tone tone);

struct sheet_column {
	const char *head; /* of the first it is the pane's name */
	unsigned width;   /* least; of the first it grows with what stands in it */
	bool right;
	bool grows;    /* takes what is left */
	unsigned rank; /* where there is no room the one with the highest goes first; 0: never */
};

struct sheet_cell {
	char text[SHEET_TEXT_MAX];
	double key; /* rows are sorted by it from the largest on; of the first column by text */
	enum tone tone;
	enum { SHEET_TEXT, SHEET_SPARK, SHEET_BAR } kind; /* a bar fills the share that key is */
	const struct spark *spark;                        /* NULL: nothing is known */
};

struct sheet {
	const struct sheet_column *columns;
	unsigned width; /* columns */
	struct sheet_cell *cells;
	size_t used, size; /* cells */
	size_t *order;     /* rows that are shown, from the first on */
	size_t rows;       /* of these */
};

/* How wide each column is; 0: not there. */
struct sheet_fit {
	unsigned widths[SHEET_COLUMNS_MAX];
	unsigned all; /* columns of the terminal, margins included */
};

void sheet_begin(struct sheet *sheet, const struct sheet_column *columns, unsigned width);
void sheet_free(struct sheet *sheet);

/* The next cell, row by row. What a terminal would obey is taken out. */
void sheet_cell(struct sheet *sheet, enum tone tone, double key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The next cell is drawn as wide as its column: the last values, not copied; or a share. */
void sheet_spark(struct sheet *sheet, double key, const struct spark *spark);
void sheet_bar(struct sheet *sheet, enum tone tone, double share);

/* When all cells are there: which rows are shown, and in which order. filter: only those in whose
 * first cell it stands, whatever its case; "": all. sort: by that column; below 0: as they came. */
void sheet_arrange(struct sheet *sheet, const char *filter, int sort);

/* title: what stands over the first column. */
void sheet_fit(const struct sheet *sheet, unsigned columns, const char *title,
	       struct sheet_fit *fit);

/* The heads, that of `sort` with a sign for it; marked: a sign before it. */
void sheet_head(const struct sheet *sheet, const struct sheet_fit *fit, const char *title, int sort,
		bool marked, const struct paint *paint, FILE *out);

/* Row i of those that are shown. */
void sheet_row(const struct sheet *sheet, const struct sheet_fit *fit, size_t i, bool marked,
	       const struct paint *paint, FILE *out);

/* The first cell of row i of those that are shown; "": there is none. */
const char *sheet_name(const struct sheet *sheet, size_t i);

/* Columns of a terminal that a text takes, and its beginning that has so many at most, in bytes. */
unsigned sheet_width(const char *text);
size_t sheet_bytes(const char *text, unsigned columns);

#endif
