/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opener: the process that stays outside the sandbox and opens for the daemon in it what a config
 * names that came later (core/opener.h). It does nothing else, and so is a small hole: files to be
 * read must begin as a capture does, plain or compressed; files to be written must be named as
 * captures are, and be none yet, empty, or captures; FIFOs are passed as they are, of directories
 * what is named in them. No devices, no sockets; what is written is no link and has one name. It
 * has one thread, no socket but the daemon's, no capability but those for files, a list of system
 * calls, and ends with the daemon.
 */
#ifndef HOST_OPENER_H
#define HOST_OPENER_H

/* Before the daemon has threads or gives anything up; not to be called twice. Returns 0 or a
 * negative errno, logged. */
int opener_start(void);

/* What it does with one question: descriptor, or -1 with errno, and a line in the log when it is a
 * new one. */
int opener_serve(const char *path, int flags);

#endif
