/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replace: a file gets another content at one moment, on the disk too: whoever reads it sees the
 * one or the other, whole, whenever the machine stops.
 */
#ifndef SLUICE_REPLACE_H
#define SLUICE_REPLACE_H

#include <stddef.h>

struct stat;

/* The new file has mode and owner of `like`; NULL: 0640, and who calls. Returns 0 or a negative
 * errno: -EPERM where it can't be given that owner. What was there is as it was then. */
int replace_file(const char *path, const char *bytes, size_t length, const struct stat *like);

#endif
