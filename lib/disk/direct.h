/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Direct: files that can be read and written past the page cache.
 */
#ifndef DISK_DIRECT_H
#define DISK_DIRECT_H

#include <stdbool.h>

/* Whether the file's file system has such reads and writes, with what LOADER_ALIGN promises. */
bool disk_takes_direct(int fd);

/* Opens a file, of which plain is a descriptor, once more with O_DIRECT. Returns -1 where the file
 * system has no such reads, or none with what LOADER_ALIGN promises. */
int disk_open_direct(const char *path, int plain);

#endif
