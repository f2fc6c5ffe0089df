/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spool: the log's lines on their way to a descriptor that may not take them: a pager that stands
 * still, a journal on a disk that stalls. A thread of its own writes them and may wait for ever;
 * nobody joins it. Whoever logs waits for it a moment, so that lines are out in their order with
 * all else that happens, and not at all once it is late. What then does not fit the memory that
 * lines wait in is counted, and the count written where the lines are missing.
 *
 * There is one, as there is one stderr. Any thread.
 */
#ifndef CORE_SPOOL_H
#define CORE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPOOL_LINE 2048 /* bytes of the longest line; a pipe takes one whole or not at all */

/* Writes into line (SPOOL_LINE bytes) that so many lines were lost, with its end of line. Returns
 * its length. */
typedef size_t (*spool_notice)(char *line, uint64_t lost);

/* From here on lines wait in memory when fd takes none. Without the thread yet: what a sandbox
 * holds is what its maker was held by. */
void spool_open(int fd, spool_notice notice);

/* Starts the thread, which blocks the signals that its maker does. Returns 0 or a negative errno;
 * lines then go on waiting in memory. */
int spool_begin(void);

/* The thread moves to the cores that the caller may run on. */
void spool_follow(void);

/* Takes a line over, at most SPOOL_LINE bytes. False before spool_open: the caller writes it
 * itself. */
bool spool_put(const char *line, size_t length);

/* Waits until all is written, at most so long. Whether it is. */
bool spool_flush(uint64_t patience_ns);

/* Writes a line whole, however long that takes. */
void spool_write(int fd, const char *line, size_t length);

#endif
