/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notify: words to the service manager, as sd_notify(3), which would wait for one that does not
 * read. Any thread.
 */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

#include <stdint.h>

/* Sends a state such as "READY=1", waiting at most so long for room in the manager's socket.
 * Returns 0, also without a manager, or a negative errno: it was not told. */
int notify(const char *state, uint64_t patience_ns);

#endif
