/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names: the files that a config's words for captures stand for at this moment. A directory stands
 * for the captures in it, by name, and for nothing below it; a glob for what it matches, by name;
 * what else there is for itself.
 */
#ifndef CAPTURE_NAMES_H
#define CAPTURE_NAMES_H

#include <stddef.h>

#include "config/config.h"

#define CAPTURE_NAMES_MAX 100000

struct capture_names {
	char **items;
	unsigned count, room;
};

/* Finds them. On failure a negative errno, with "FILE: ..." in reason, and nothing to free. Reads
 * directories, and the beginning of what is in them. */
int capture_names_find(struct capture_names *names, const struct config_captures *captures,
		       char *reason, size_t size);
/* Of its own; -ENOMEM. */
int capture_names_copy(struct capture_names *names, const struct capture_names *from);
void capture_names_free(struct capture_names *names);

/* What there is to say when none of them has a packet. */
void capture_names_blank(const struct capture_names *names, char *reason, size_t size);

/* The bytes that a file has on the disk; UINT64_MAX when that says nothing of what is in it: a
 * pipe, or compressed. 0 of one that can't be opened. */
uint64_t capture_names_bytes(const char *path);

#endif
