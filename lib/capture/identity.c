/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture/identity.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/text.h"

#include "core/banned.h"

/* File systems take times from a clock that moves on with the timer's interrupt, at 100 Hz at the
 * least. */
#define YOUNG_NS 20000000
#define NS_PER_S 1000000000

static int64_t
ns(const struct timespec *time)
{
	return (int64_t)time->tv_sec * NS_PER_S + time->tv_nsec;
}

struct identity
identity_of(const struct stat *status)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct identity){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = status->st_size,
		.modified = status->st_mtim,
		.changed = status->st_ctim,
		.pipe = S_ISFIFO(status->st_mode),
		.young = ns(&now) - ns(&status->st_ctim) < YOUNG_NS,
	};
}

int
identity_holds(const char *path, const struct identity *identity, char *reason, size_t size)
{
	struct stat status;

	if (stat(path, &status) < 0) {
		int err = errno;

		snprintf(reason, size, "%.120s: %s", path, strerror(err));
		text_clean(reason);
		return -err;
	}
	return !identity->young && status.st_dev == identity->device &&
	       status.st_ino == identity->inode && status.st_size == identity->size &&
	       ns(&status.st_mtim) == ns(&identity->modified) &&
	       ns(&status.st_ctim) == ns(&identity->changed);
}
