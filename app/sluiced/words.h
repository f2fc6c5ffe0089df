/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words: what `sluiced replay` understands on the command line, a row each: its own words, those of
 * tcpreplay that mean the same, and those of tcpreplay and tcprewrite of which it says what to
 * write instead.
 */
#ifndef SLUICED_WORDS_H
#define SLUICED_WORDS_H

#include "request.h"

enum word_kind {
	TEXT,      /* what follows it, and the row's text behind that */
	FIXED,     /* the row's text */
	QUIET,     /* no progress */
	HELP,      /* what can be asked for */
	NOTED,     /* is not needed, as the row's text says */
	OTHERWISE, /* is written as the row's text says */
	REFUSED,   /* is not done, as the row's text says */
};

struct word {
	const char *name;
	char letter;          /* 0: none */
	const char *argument; /* NULL: none */
	const char *help;     /* NULL: none */
	enum word_kind kind;
	enum request_what what;
	const char *text;
	const char *zero; /* what 0 means; NULL: itself; "": as if it were not there */
};

#define WORD_ROWS 107

/* First ours, with a line of help, then the others. */
extern const struct word word_rows[WORD_ROWS];

#endif
