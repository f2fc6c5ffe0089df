/* SPDX-License-Identifier: BSD-3-Clause */
#include "disk/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/opener.h"
#include "disk/direct.h"
#include "disk/uring.h"

#include "core/banned.h"

/* How far behind a plain write its pages are given back: by then the disk has most of them. */
#define BEHIND (32u << 20)

void
saver_open(struct saver *saver, const uint8_t *bytes, uint64_t size, unsigned depth,
	   bool want_direct)
{
	*saver = (struct saver){.bytes = bytes, .size = size};
	saver->ready = want_direct && uring_open(&saver->ring, depth, bytes, size, &saver->fixed);
	saver->direct = saver->ready;
}

int
saver_create(const struct saver *saver, const char *path, bool *direct)
{
	int fd = opener_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, OPENER_PATIENCE_MS);

	if (fd < 0)
		return -errno;
	*direct = saver->direct && disk_takes_direct(fd) && fcntl(fd, F_SETFL, O_DIRECT) == 0;
	return fd;
}

static void
finish(struct save *save, int error)
{
	save->error = error;
	save->state = error ? SAVE_FAILED : SAVE_DONE;
}

/* Writes what is missing behind the bytes done. */
static void
write_rest(struct save *save)
{
	while (save->done < save->length) {
		ssize_t count =
			pwrite(save->fd, save->bytes + save->done, save->length - save->done,
			       (off_t)(save->offset + save->done));

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			finish(save, count < 0 ? -errno : -EIO);
			return;
		}
		save->done += (uint32_t)count;
	}
	finish(save, 0);
}

static void
write_plainly(struct save *save)
{
	off_t end = (off_t)(save->offset + save->length);

	write_rest(save);
	/* The disk begins with it now, and not when memory is short; what it has leaves. */
	sync_file_range(save->fd, (off_t)save->offset, save->length, SYNC_FILE_RANGE_WRITE);
	if (end > (off_t)BEHIND)
		posix_fadvise(save->fd, 0, end - BEHIND, POSIX_FADV_DONTNEED);
}

static bool
is_direct(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_DIRECT);
}

/* Which registered part of the memory a piece lies in, or -1. */
static int
fixed_index(const struct saver *saver, const struct save *save)
{
	uint64_t from = (uint64_t)(save->bytes - saver->bytes);
	uint64_t last = from + save->length - 1;

	if (!saver->fixed || save->bytes < saver->bytes || last >= saver->size ||
	    from >> URING_FIXED_SHIFT != last >> URING_FIXED_SHIFT)
		return -1;
	return (int)(from >> URING_FIXED_SHIFT);
}

void
saver_start(struct saver *saver, struct save *save)
{
	struct io_uring_sqe *sqe = NULL;
	int fixed = fixed_index(saver, save);

	save->state = SAVE_UNDER_WAY;
	save->done = 0;
	if (saver->direct && is_direct(save->fd))
		sqe = io_uring_get_sqe(&saver->ring);
	if (!sqe) {
		write_plainly(save);
		return;
	}
	if (fixed >= 0)
		io_uring_prep_write_fixed(sqe, save->fd, save->bytes, save->length, save->offset,
					  fixed);
	else
		io_uring_prep_write(sqe, save->fd, save->bytes, save->length, save->offset);
	io_uring_sqe_set_data(sqe, save);
	saver->under_way++;
	saver->unsubmitted++;
}

static void
completed(struct saver *saver, struct save *save, int result)
{
	saver->under_way--;
	/* Some file systems take the flag and refuse the write. */
	if (result == -EINVAL || result == -EOPNOTSUPP) {
		saver->direct = false;
		fcntl(save->fd, F_SETFL, 0);
		write_plainly(save);
		return;
	}
	if (result < 0 && result != -EINTR && result != -EAGAIN && result != -ECANCELED) {
		finish(save, result);
		return;
	}
	/* What a full disk took of a piece; why it did not take more says the next write. */
	if (result > 0)
		save->done = (uint32_t)result == save->length
				     ? save->length
				     : (uint32_t)result / SAVER_ALIGN * SAVER_ALIGN;
	write_rest(save);
}

static int
submit(struct saver *saver)
{
	int count = io_uring_submit(&saver->ring);

	if (count >= 0) {
		saver->unsubmitted -= (unsigned)count;
		return 0;
	}
	return count == -EAGAIN || count == -EBUSY || count == -EINTR ? 0 : count;
}

int
saver_poll(struct saver *saver, uint64_t wait_ns)
{
	struct __kernel_timespec timeout = {.tv_sec = (int64_t)(wait_ns / 1000000000),
					    .tv_nsec = (int64_t)(wait_ns % 1000000000)};
	struct io_uring_cqe *cqe;
	int ret;

	if (saver->unsubmitted) {
		ret = submit(saver);
		if (ret < 0)
			return ret;
	}
	if (!saver->under_way)
		return 0;
	if (wait_ns && io_uring_cq_ready(&saver->ring) == 0)
		io_uring_wait_cqe_timeout(&saver->ring, &cqe, &timeout);
	while (io_uring_cq_ready(&saver->ring) && io_uring_peek_cqe(&saver->ring, &cqe) == 0) {
		struct save *save = io_uring_cqe_get_data(cqe);
		int result = cqe->res;

		io_uring_cqe_seen(&saver->ring, cqe);
		if (save)
			completed(saver, save, result);
	}
	return 0;
}

void
saver_close(struct saver *saver)
{
	if (saver->ready)
		io_uring_queue_exit(&saver->ring);
	saver->ready = false;
}
