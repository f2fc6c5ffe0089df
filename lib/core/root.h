/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Root: the small files in which the kernel tells of the machine (/proc, /sys, /dev), below a path
 * that is "" in life and a made-up tree in tests. Every function takes a path as printf does; it
 * begins with a slash. Nothing is ever written. Any thread; a root is plain data and never changes.
 */
#ifndef CORE_ROOT_H
#define CORE_ROOT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct root {
	const char *path;
};

struct root_names {
	char **items; /* in the order in which people count: node2 before node10 */
	unsigned count;
};

#define ROOT_LINE_MAX 4096
#define ROOT_NAME_MAX (NAME_MAX + 1)

/* The first line, without what is blank at its end; "" on failure. 0 or a negative errno. */
int root_read(const struct root *root, char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The decimal number in a file; untouched on failure. */
int root_number(const struct root *root, uint64_t *value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A file to be read and closed by the caller, or NULL. */
FILE *root_open(const struct root *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What follows `key` on the line of a file that begins with it, without blanks around. */
int root_value(const struct root *root, const char *key, char *text, size_t size,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The last part of where a symbolic link points; "" on failure. */
int root_link(const struct root *root, char name[ROOT_NAME_MAX], const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Where a symbolic link points, whole. */
int root_target(const struct root *root, char target[PATH_MAX], const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What lies in a directory, but for names that begin with a dot. On failure there are none; names
 * are to be freed with root_names_free either way. */
int root_list(const struct root *root, struct root_names *names, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void root_names_free(struct root_names *names);

bool root_has(const struct root *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether this process may read and write it, by its effective ids: 0 or a negative errno. */
int root_may_use(const struct root *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
