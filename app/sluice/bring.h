/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bring: a config that this user can read, in memory that nobody can change any more, so that the
 * daemon gets it whatever it may read itself: a file anywhere, a pipe, standard input.
 */
#ifndef SLUICE_BRING_H
#define SLUICE_BRING_H

/* file: a path, or - for standard input. *fd is the caller's. Returns 0 or a negative errno: -EFBIG
 * past 512 MiB. */
int bring_file(const char *file, int *fd);

#endif
