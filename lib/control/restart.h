/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Restart: whether a daemon that is started again would run what runs now: what its file holds,
 * beside it. Reading it may take long and is for a job; whether it has to be read anew is seen from
 * what the kernel knows of the file.
 */
#ifndef CONTROL_RESTART_H
#define CONTROL_RESTART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

struct edition;

/* Which file it is, and which writing of it. All zero: there is none. */
struct restart_file {
	uint64_t device, inode, size;
	int64_t changed_s, written_s;
	uint32_t changed_ns, written_ns;
};

struct restart {
	/* "same", "other", "invalid" (it would not start), "missing" or "unreadable"; NULL: not
	 * looked at yet. */
	const char *verdict;
	struct restart_file file;
};

/* Of a file that is no regular one, all zero. Waits for no server of a file system. */
struct restart_file restart_file_of(const char *path);

/* Whether the verdict still holds, while the same runs. */
bool restart_holds(const struct restart *restart, const char *path);

/* Job thread: reads the file and compares it with what runs; running may be NULL. */
struct restart restart_look(const char *path, const struct edition *running,
			    const struct config *config);

#endif
