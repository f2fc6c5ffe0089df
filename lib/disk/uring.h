/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Uring: an io_uring that reads into memory, or writes from it, which is pinned once. What loader
 * and saver share.
 */
#ifndef DISK_URING_H
#define DISK_URING_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes of one registered buffer: the kernel takes at most 1 GiB. Buffer n begins at n of these. */
#define URING_FIXED_SHIFT 30

/* Opens a ring of that depth and registers size bytes with it; fixed says whether they are: it
 * spares the kernel to look up and pin the pages each time, and is refused where more is pinned
 * than a user may (RLIMIT_MEMLOCK). Returns false, with nothing left behind, where the kernel has
 * none, or knows it and does not let us submit (seccomp). */
bool uring_open(struct io_uring *ring, unsigned depth, const uint8_t *bytes, uint64_t size,
		bool *fixed);

#endif
