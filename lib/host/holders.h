/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Holders: which process has something open. Of other users' processes only root sees that.
 */
#ifndef HOST_HOLDERS_H
#define HOST_HOLDERS_H

#include <stdbool.h>

#include "core/root.h"

struct holder {
	unsigned pid; /* 0: none that this process can see */
	char name[32];
	bool unseen; /* some processes' files could not be seen */
};

/* Who, other than this process, has a file open that the kernel calls so: "/dev/vfio/12",
 * "socket:[4711]". */
struct holder holder_find(const struct root *root, const char *file);

/* The same of an XDP program's number. */
struct holder holder_of_program(const struct root *root, unsigned program);

/* "process 4711 (sluiced)", or "another process, of another user". */
#define HOLDER_TEXT_MAX 64
void holder_text(const struct holder *holder, char text[HOLDER_TEXT_MAX]);

#endif
