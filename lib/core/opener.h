/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opener: files that are opened by name, whether or not the sandbox lets this process open them;
 * and those that captures are written to take their names and go. What the sandbox does not let is
 * asked of a process outside, where there is one (host/opener.h), which does it, and passes the
 * descriptor of what it opened. Where there is none, or no sandbox, this is open(2), rename(2) and
 * unlink(2). Any thread.
 */
#ifndef CORE_OPENER_H
#define CORE_OPENER_H

#include <stdbool.h>
#include <stdint.h>

/* How long the other process may take: it opens without waiting, but a disk may not answer. */
#define OPENER_PATIENCE_MS 10000
/* For whoever waits for nobody; what came to nothing is tried again. */
#define OPENER_BRIEFLY_MS 20

/* As open(2), with mode 0666. -1 with errno set: EACCES where neither may open it, EPERM where the
 * other process does not open such a file, ETIMEDOUT where it takes longer than patience. */
int opener_open(const char *path, int flags, unsigned patience_ms);

/* Renames whole + ".part" to whole, in the same directory. As rename(2), and errno as above; the
 * other process refuses with EEXIST what would take the place of a file. */
int opener_complete(const char *part, const char *whole, unsigned patience_ms);

/* As unlink(2), and errno as above. */
int opener_remove(const char *path, unsigned patience_ms);

/* From here on the process at the other end of the socket, which is taken over, is asked. Before
 * threads are started. */
void opener_use(int socket);

/* Whether there is one that answers; that it has ended is logged by the first call that finds it
 * so. */
bool opener_is_there(void);

/* A question is a message: as much of this as the path takes, with the zero behind it. The answer
 * is one, with the number of the question, and an error or a descriptor: also of a file that was
 * renamed or removed. */
#define OPENER_PATH_MAX 4096

enum opener_act { OPENER_OPEN, OPENER_COMPLETE, OPENER_REMOVE };

struct opener_question {
	uint32_t number;
	uint32_t act;
	int32_t flags; /* of open(2) */
	char path[OPENER_PATH_MAX];
};

struct opener_answer {
	uint32_t number;
	int32_t error; /* an errno, or 0 */
};

#endif
