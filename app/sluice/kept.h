/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kept: words for captures, of which some are files and some the names of what a daemon writes,
 * which knows their files.
 */
#ifndef SLUICE_KEPT_H
#define SLUICE_KEPT_H

#include "sluice.h"

struct kept {
	char **words; /* of files, directories and globs */
	unsigned count;
};

/* Finds the files of those words (up to a NULL) that are captures of the daemon's; it is asked only
 * where a word is neither a file, nor has a dot or slash, nor is a glob. An exit code, said on
 * stderr; to be freed in any case. */
int kept_find(struct kept *kept, const struct options *options, char *const *words);
void kept_free(struct kept *kept);

#endif
