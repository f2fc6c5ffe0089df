/* SPDX-License-Identifier: BSD-3-Clause */
#include "disk/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "disk/uring.h"

#include "core/banned.h"

/* Bytes that a plain read asks the kernel to fetch behind it meanwhile. */
#define AHEAD (4u << 20)

void
loader_open(struct loader *loader, const struct disk_blocks *blocks, unsigned depth,
	    bool want_direct)
{
	*loader = (struct loader){.blocks = blocks};
	loader->ready = want_direct && uring_open(&loader->ring, depth, blocks->bytes,
						  blocks->count * DISK_BLOCK_SIZE, &loader->fixed);
	loader->direct = loader->ready;
}

static void
finish(struct load *load, int error)
{
	load->error = error;
	load->state = error ? LOAD_FAILED : LOAD_DONE;
}

/* Reads what is missing behind the first done bytes. */
static void
read_plainly(const struct loader *loader, struct load *load, uint32_t done)
{
	uint8_t *bytes = loader->blocks->bytes + load->block * DISK_BLOCK_SIZE + load->at;

	while (done < load->length) {
		ssize_t count =
			pread(load->plain, bytes + done, load->length - done, load->offset + done);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			finish(load, count < 0 ? -errno : -ENODATA);
			return;
		}
		done += count;
	}
	finish(load, 0);
	posix_fadvise(load->plain, load->offset, load->length, POSIX_FADV_DONTNEED);
}

void
loader_start(struct loader *loader, struct load *load)
{
	uint8_t *bytes = loader->blocks->bytes + load->block * DISK_BLOCK_SIZE + load->at;
	uint32_t length = (load->length + LOADER_ALIGN - 1) / LOADER_ALIGN * LOADER_ALIGN;
	struct io_uring_sqe *sqe = NULL;

	load->state = LOAD_UNDER_WAY;
	if (loader->direct && load->direct >= 0)
		sqe = io_uring_get_sqe(&loader->ring);
	if (!sqe) {
		read_plainly(loader, load, 0);
		posix_fadvise(load->plain, load->offset + load->length, AHEAD, POSIX_FADV_WILLNEED);
		return;
	}
	if (loader->fixed)
		io_uring_prep_read_fixed(sqe, load->direct, bytes, length, load->offset,
					 load->block >> (URING_FIXED_SHIFT - DISK_BLOCK_SHIFT));
	else
		io_uring_prep_read(sqe, load->direct, bytes, length, load->offset);
	io_uring_sqe_set_data(sqe, load);
	loader->under_way++;
	loader->unsubmitted++;
}

static void
completed(struct loader *loader, struct load *load, int result)
{
	loader->under_way--;
	/* Some file systems take the flag and refuse the read. */
	if (result == -EINVAL || result == -EOPNOTSUPP)
		loader->direct = false;
	if (result >= 0 && (uint32_t)result >= load->length)
		finish(load, 0);
	else
		read_plainly(loader, load, result > 0 ? result : 0);
}

static int
submit(struct loader *loader)
{
	int count = io_uring_submit(&loader->ring);

	if (count >= 0) {
		loader->unsubmitted -= count;
		return 0;
	}
	return count == -EAGAIN || count == -EBUSY || count == -EINTR ? 0 : count;
}

int
loader_poll(struct loader *loader, uint64_t wait_ns)
{
	struct __kernel_timespec timeout = {.tv_nsec = wait_ns};
	struct io_uring_cqe *cqe;
	int ret;

	if (loader->unsubmitted) {
		ret = submit(loader);
		if (ret < 0)
			return ret;
	}
	if (!loader->under_way)
		return 0;
	if (wait_ns && io_uring_cq_ready(&loader->ring) == 0)
		io_uring_wait_cqe_timeout(&loader->ring, &cqe, &timeout);
	while (io_uring_peek_cqe(&loader->ring, &cqe) == 0) {
		struct load *load = io_uring_cqe_get_data(cqe);
		int result = cqe->res;

		io_uring_cqe_seen(&loader->ring, cqe);
		if (load)
			completed(loader, load, result);
	}
	return 0;
}

void
loader_drain(struct loader *loader)
{
	while (loader->under_way && loader_poll(loader, 100 * 1000 * 1000) == 0)
		;
}

void
loader_close(struct loader *loader)
{
	if (!loader->ready)
		return;
	loader_drain(loader);
	io_uring_queue_exit(&loader->ring);
	loader->ready = false;
}
