/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compile: configs that are asked, not run.
 */
#ifndef SLUICED_COMPILE_H
#define SLUICED_COMPILE_H

#include <stdbool.h>

struct explain;

/* Of a file, which messages call by name; what is wrong with it is said on stderr. The EAL is
 * started for the first. Returns an exit code; on EXIT_DONE *out is the caller's. */
int compile_config(const char *path, const char *name, bool first, struct explain **out);

#endif
