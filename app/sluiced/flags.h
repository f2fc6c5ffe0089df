/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flags: the options of a command that reads its words by itself.
 */
#ifndef SLUICED_FLAGS_H
#define SLUICED_FLAGS_H

#include <getopt.h>

#include "sluiced.h"

#define FLAGS_LOG_LEVEL 511 /* the value of --log-level, which is taken care of */

struct flags {
	const char *command; /* "explain" */
	const struct option *known;
	/* One of them, with optarg. Returns -1 to go on, or an exit code. */
	int (*take)(int option, void *into);
};

/* Reads those of options->words. Returns -1 to go on with the other words, which are behind them
 * from optind on, or an exit code. */
int flags_read(const struct flags *flags, const struct options *options, void *into);

/* Says on stderr what is wrong, and about which word, or NULL. Returns EXIT_USAGE. */
int flags_wrong(const char *command, const char *problem, const char *word);

#endif
