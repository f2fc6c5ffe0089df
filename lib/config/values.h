/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values: of one key, wherever they stand: one value, a list of them, or a file that has one a
 * line.
 */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "config/key.h"

struct values {
	struct spot item; /* the value at hand */
	unsigned most;    /* there are no more than so many */

	/* The rest is values.c's. */
	struct reader *reader;
	const struct spot *spot;
	bool done;
	char *text, *next; /* of a file */
	char *path;
	struct node node;
	unsigned found, before;
};

/* Before the first value. False and a finding where there is none, or the file can't be read. */
bool values_open(struct values *values, struct reader *reader, const struct spot *spot);

/* Goes to the next value; false behind the last. Findings about one of a file say its line. */
bool values_next(struct values *values);

/* Ends it. What was made of the values is what the config remembers a file by: returns the number
 * of its list there, from 1, or 0 where the values stand in the config itself. */
uint32_t values_close(struct values *values, const void *made, size_t size);

/* "{ file: PATH, read: WHAT }" of such a list. */
void values_write(const struct key_out *out, uint32_t list);

#endif
