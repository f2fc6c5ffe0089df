/* SPDX-License-Identifier: BSD-3-Clause */
#include "disk/uring.h"

#include <stdlib.h>
#include <sys/uio.h>

#include "core/banned.h"

#define FIXED_SIZE (UINT64_C(1) << URING_FIXED_SHIFT)

static bool
submits(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;

	io_uring_prep_nop(sqe);
	if (io_uring_submit(ring) != 1 || io_uring_wait_cqe(ring, &cqe) < 0)
		return false;
	io_uring_cqe_seen(ring, cqe);
	return true;
}

static bool
pin(struct io_uring *ring, const uint8_t *bytes, uint64_t size)
{
	unsigned count = (size + FIXED_SIZE - 1) >> URING_FIXED_SHIFT;
	struct iovec *parts = count ? calloc(count, sizeof(*parts)) : NULL;
	bool done;

	for (unsigned i = 0; parts && i < count; i++) {
		uint64_t start = i * FIXED_SIZE;

		parts[i].iov_base = (void *)(uintptr_t)(bytes + start);
		parts[i].iov_len = i + 1 < count ? FIXED_SIZE : size - start;
	}
	done = parts && io_uring_register_buffers(ring, parts, count) == 0;
	free(parts);
	return done;
}

bool
uring_open(struct io_uring *ring, unsigned depth, const uint8_t *bytes, uint64_t size, bool *fixed)
{
	if (io_uring_queue_init(depth, ring, 0) < 0)
		return false;
	if (!submits(ring)) {
		io_uring_queue_exit(ring);
		return false;
	}
	*fixed = pin(ring, bytes, size);
	return true;
}
