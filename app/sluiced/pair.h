/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pair: what `sluiced diff` was asked for on the command line.
 */
#ifndef SLUICED_PAIR_H
#define SLUICED_PAIR_H

#include <stdbool.h>

#include "sluiced.h"

struct pair {
	const char *old, *new; /* paths */
	const char *old_name;  /* what the first is called */
	const char *port;      /* NULL: found out for each capture */
	const char **captures; /* owned */
	unsigned capture_count;
	const char *traced; /* what `sluice trace --json` printed, or NULL; else captures */
	bool json;
};

/* Reads options->words. Returns -1 to go on, or an exit code; in either case it is to be
 * cleared. */
int pair_read(const struct options *options, struct pair *pair);
void pair_clear(struct pair *pair);

#endif
