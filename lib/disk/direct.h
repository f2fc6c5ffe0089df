/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Direct: files that can be read past the page cache.
 */
#ifndef DISK_DIRECT_H
#define DISK_DIRECT_H

/* Opens a file, of which plain is a descriptor, once more with O_DIRECT. Returns -1 where the file
 * system has no such reads, or none with what LOADER_ALIGN promises. */
int disk_open_direct(const char *path, int plain);

#endif
