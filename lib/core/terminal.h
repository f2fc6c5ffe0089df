/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Terminal: whether what is written to a stream is shown on one, and how large that is. One thread.
 */
#ifndef CORE_TERMINAL_H
#define CORE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

struct terminal {
	bool obeys;             /* colours and the like may be sent */
	unsigned columns, rows; /* 0: it is none, and nothing has to fit */
};

/* COLUMNS and LINES in the environment go before what the terminal says of itself. */
struct terminal terminal_of(FILE *out);

/* What is written to out will be shown where shown is: text that is made first and drawn then.
 * NULL: no more. */
void terminal_stand_in(FILE *out, FILE *shown);

/* Whether LC_ALL, LC_CTYPE or LANG, the first of them that is set, says UTF-8. */
bool terminal_speaks_utf8(void);

#endif
