/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors: a growing list of findings about one input, each with its place, so that all of a file's
 * mistakes can be shown at once. Plain data: whoever holds the list prints it, sends it or counts
 * it.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include <stdio.h>

struct error {
	unsigned line;   /* from 1; 0 when the finding has no place in a file */
	unsigned column; /* from 1 */
	char *field;     /* dotted path, "ports.wan.queues", or NULL */
	char *message;   /* a sentence: what is wrong, and what would be right */
};

struct error_list {
	struct error *items;
	unsigned count;
	unsigned capacity;
	char *file; /* shown before line and column; NULL when there is none */
};

void error_list_init(struct error_list *list, const char *file);
void error_list_clear(struct error_list *list);

/* Appends one finding. Out of memory is itself recorded as far as possible; count always grows. */
void error_add(struct error_list *list, unsigned line, unsigned column, const char *field,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Puts the findings in order of line and column; those at one place keep their order. */
void error_list_sort(struct error_list *list);

/* "FILE:LINE:COLUMN: MESSAGE", one a line, in order of line and column. */
void error_list_print(struct error_list *list, FILE *out);

#endif
