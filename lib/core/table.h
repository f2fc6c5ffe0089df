/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Table: rows and columns for people, aligned by what stands in them. One thread. Cells are cleaned
 * of what a terminal would obey. Without memory cells are left out; nothing else has to be checked.
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include <stdbool.h>
#include <stdio.h>

struct table;

/* heads: the columns' heads between '|'; a leading '>' aligns a column to the right. May be
 * NULL. */
struct table *table_new(const char *heads);

/* Fills the cells from left to right, row by row. */
void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A rule across, before a row of totals. */
void table_line(struct table *table);

/* Writes and frees the table. On a terminal it is made to fit: words are cut, with a sign for it,
 * or, where that is not enough, columns for which there is no room stand below. */
void table_print(struct table *table, FILE *out);

/* How a stream shows emphasis: colours on a terminal unless NO_COLOR (no-color.org) is set, else
 * "". */
struct table_style {
	const char *bold, *dim, *good, *bad, *plain;
};

const struct table_style *table_style(FILE *out);

/* A bar of width columns that is filled as far as part is of whole, to be followed by nothing. */
struct table_bar {
	char text[64];
};

struct table_bar table_bar(double part, double whole, unsigned width);

#endif
