/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entry: text beside a label, in as many lines as it takes, of 80 columns or those of the terminal,
 * cleaned of what a terminal would obey. Without memory it is left out. One thread.
 */
#ifndef VIEW_ENTRY_H
#define VIEW_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ENTRY_LABEL 10 /* columns that most labels take */

struct entry {
	FILE *out, *text; /* text: what is written into it */
	char *bytes;      /* the entry's own */
	size_t size;
};

/* False without memory: there is nothing to end then. */
bool entry_begin(struct entry *entry, FILE *out);

/* label stands before the first line, and further lines begin as far in. */
void entry_end(struct entry *entry, const char *label, unsigned indent);

/* The whole of one. */
void entry_say(FILE *out, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
