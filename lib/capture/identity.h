/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Identity: tells whether a name is still that of the file which was opened, and the file as it was
 * then.
 */
#ifndef CAPTURE_IDENTITY_H
#define CAPTURE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
	bool pipe;  /* which changes as it is written to and read */
	bool young; /* it had changed so shortly before that another change need not show */
};

/* Of a file that was just opened, by fstat. */
struct identity identity_of(const struct stat *status);

/* 1 when the file of that name is the one, unchanged; 0 when not, or when it can't be told; or a
 * negative errno, with "FILE: ..." in reason. */
int identity_holds(const char *path, const struct identity *identity, char *reason, size_t size);

#endif
