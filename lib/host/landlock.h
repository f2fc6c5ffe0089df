/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Landlock: takes from the calling thread, and from those it starts later, every path but those
 * that a rule gives back; no other program can be started, and no TCP port be used. It can't be
 * undone. One thread. Negative errno for failure.
 */
#ifndef HOST_LANDLOCK_H
#define HOST_LANDLOCK_H

#include <stdbool.h>

struct landlock {
	int fd;
	int abi; /* what this kernel knows of it, from 1 */
};

/* Begins a set of rules. with_abstract: sockets without a path of other programs stay in reach.
 * -ENOSYS: this kernel was built without it; -EOPNOTSUPP: it was started without it. */
int landlock_open(struct landlock *landlock, bool with_abstract);

/* Gives a path back, and what is below it; access as in allowed.h. -ENOENT when it isn't there. */
int landlock_allow(const struct landlock *landlock, const char *path, unsigned access);

/* From here on the rules hold. PR_SET_NO_NEW_PRIVS must be set. Closes the set. */
int landlock_enforce(struct landlock *landlock);

/* Closes a set that is not enforced. */
void landlock_close(struct landlock *landlock);

#endif
