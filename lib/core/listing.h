/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listing: which names there are in directories, also in those that the sandbox keeps from this
 * process: the opener passes their descriptors (opener.h), with which names can be read and nothing
 * below be opened. Any thread.
 */
#ifndef CORE_LISTING_H
#define CORE_LISTING_H

#include <glob.h>

/* The names in a directory in their order, without those that begin with a dot. Each, and the array
 * of them, is the caller's to free. Returns how many, or a negative errno. */
int listing_names(const char *directory, char ***names);

/* As glob(3) without flags; GLOB_ABORTED, with errno, where nothing is found and some directory may
 * not be read. */
int listing_glob(const char *word, glob_t *found);

#endif
