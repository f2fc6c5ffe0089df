/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Terms: the options that say how one run of a replay is to differ from its config, on their way to
 * the daemon.
 */
#ifndef SLUICE_TERMS_H
#define SLUICE_TERMS_H

#include <jansson.h>
#include <stdbool.h>

/* As typed; NULL: not given. */
struct terms {
	const char *pace, *loops, *limit, *duration, *at, *clock_error;
};

bool terms_given(const struct terms *terms);

/* Adds them to a call's parameters. Hours are of this process's time zone, so that they mean what
 * the user means by them. EXIT_USAGE, said on stderr, when one is misspelt; what the daemon reads
 * better it is left to. */
int terms_put(const struct terms *terms, json_t *params);

#endif
