/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Over: text that is shown in place of the panes, of any length, in as many columns as there are.
 * One thread.
 */
#ifndef TOP_OVER_H
#define TOP_OVER_H

#include <stdbool.h>
#include <stdio.h>

enum over_kind { OVER_NONE, OVER_HELP, OVER_EXPLAIN, OVER_TAP };

struct over {
	enum over_kind kind;
	char *text;     /* lines; NULL: none of that kind yet. Owned */
	unsigned first; /* row that is shown, as wrapped */
	bool follows;   /* the last rows are shown, whatever comes */
};

/* Nothing of that kind is there yet. */
void over_begin(struct over *over, enum over_kind kind);
void over_end(struct over *over);

/* The text, which is taken over; where it is in it stays. */
void over_say(struct over *over, char *text);

/* So many rows down, or up where by is below 0; further than there are is the end, which is
 * followed from then on if that kind goes on. */
void over_move(struct over *over, int by);

/* Writes so many rows at most; lines that are too long go on in the next row. */
void over_put(struct over *over, unsigned columns, unsigned rows, FILE *out);

#endif
