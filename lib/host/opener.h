/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opener: the process that stays outside the sandbox and opens for the daemon in it what a config
 * names that came later (core/opener.h). It does little else, and so is a small hole: files to be
 * read must begin as a capture does, plain or compressed; files to be written must be named as
 * captures and their indexes are, and be none yet, empty, or such files; FIFOs are passed as they
 * are, of directories what is named in them. What it would give to be written it also removes, and
 * takes ".part" off the name of a capture where nothing has the name without it. No devices, no
 * sockets; what is written is no link and has one name. It has one thread, no socket but the
 * daemon's, no capability but those for files, a list of system calls, and ends with the daemon.
 */
#ifndef HOST_OPENER_H
#define HOST_OPENER_H

#include <stdint.h>

/* Before the daemon has threads or gives anything up; not to be called twice. Returns 0 or a
 * negative errno, logged. */
int opener_start(void);

/* What it does with one question, an enum opener_act: the file's descriptor, or -1 with errno; and
 * a line in the log when it is a new one. */
int opener_serve(uint32_t act, const char *path, int flags);

#endif
