/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paths: names of files made absolute. Symbolic links and ".." are left as they stand, since where
 * they lead is the file system's to say.
 */
#ifndef CONFIG_PATH_H
#define CONFIG_PATH_H

/* path as seen from directory, an absolute path. The caller frees it; NULL when out of memory. */
char *path_join(const char *directory, const char *path);

/* The absolute path of a directory, NULL being the working one. The caller frees it. NULL with
 * errno set when that has no path or memory is out. */
char *path_directory(const char *directory);

/* The directory that a path is in, as the path has it. The caller frees it; NULL: out of memory. */
char *path_parent(const char *path);

#endif
