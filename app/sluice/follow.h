/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Follow: shows a replay's progress until it has ended, and how it went. One thread.
 */
#ifndef SLUICE_FOLLOW_H
#define SLUICE_FOLLOW_H

#include "daemon.h"

/* Returns EXIT_DONE when the replay passed or was not judged; EXIT_FAILED when it did not pass or
 * failed, and when ctrl-C came first, after which the replay goes on. */
int follow(struct daemon *daemon, const struct options *options, const char *name);

#endif
