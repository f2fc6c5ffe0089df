/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pick: which rows of a table are shown, and in which order, as --sort, --top and --nonzero ask.
 * One thread.
 */
#ifndef SLUICE_PICK_H
#define SLUICE_PICK_H

#include "sluice.h"

/* What --sort takes for a method: "name, packets, now". */
struct pick_text {
	char text[256];
};

struct pick_text pick_columns(const char *method);

/* EXIT_DONE when the command has a table for the options that are given, and that column; else said
 * on stderr. */
int pick_check(const struct command *command, const struct options *options);

/* Copies of a view's two answers that hold the rows alone, for the caller. before is NULL when the
 * view has none. */
void pick_rows(const struct command *command, const struct options *options,
	       const struct view *view, json_t **now, json_t **before);

#endif
