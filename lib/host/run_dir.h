/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Run-dir: who else can reach into the directory of the sockets. Any thread.
 */
#ifndef HOST_RUN_DIR_H
#define HOST_RUN_DIR_H

#include <stdbool.h>
#include <stddef.h>

struct stat;

/* Whoever can write to the directory can put a socket of his own in the place of the daemon's.
 * Whether this user may trust it; otherwise reason is what is wrong, as the rest of a sentence that
 * begins with its name. */
bool run_dir_is_safe(const struct stat *directory, char *reason, size_t size);

#endif
