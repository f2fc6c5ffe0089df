/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture/bytes.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/banned.h"

/* How soon a wait for a pipe is over when it is asked to stop. */
#define WAIT_MS 50

static bool
is_stopped(const struct capture_file *file)
{
	_Atomic int *stop = file->options.stop;

	return stop && atomic_load_explicit(stop, memory_order_relaxed) != 0;
}

/* What a pipe brings next; 0 when all who wrote to it are gone. */
static ssize_t
take(struct capture_file *file, uint8_t *bytes, size_t size)
{
	struct pollfd wait = {.fd = file->plain, .events = POLLIN};
	ssize_t count;

	do {
		int ready = 0;

		while (ready <= 0) {
			if (is_stopped(file))
				return -ECANCELED;
			ready = poll(&wait, 1, WAIT_MS);
			if (ready < 0 && errno != EINTR)
				return -errno;
		}
		count = read(file->plain, bytes, size);
	} while (count < 0 && (errno == EINTR || errno == EAGAIN));
	if (count < 0)
		return -errno;
	file->taken += count;
	return count;
}

static ssize_t
read_once(struct capture_file *file, uint8_t *bytes, size_t size, uint64_t offset)
{
	ssize_t count;

	do
		count = pread(file->plain, bytes, size, (off_t)offset);
	while (count < 0 && errno == EINTR);
	return count < 0 ? -errno : count;
}

ssize_t
capture_bytes_start(struct capture_file *file, uint8_t *bytes, size_t size)
{
	size_t done = 0;

	while (file->pipe && done < size) {
		ssize_t count = take(file, bytes + done, size - done);

		if (count < 0)
			return count;
		if (count == 0)
			break;
		done += count;
	}
	return file->pipe ? (ssize_t)done : capture_bytes_read(file, bytes, size, 0);
}

ssize_t
capture_bytes_read(struct capture_file *file, uint8_t *bytes, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = read_once(file, bytes + done, size - done, offset + done);

		if (count < 0)
			return count;
		if (count == 0)
			break;
		done += count;
	}
	return (ssize_t)done;
}

/* A pipe's first bytes were taken from it already. */
static ssize_t
read_for_unpack(void *context, void *bytes, size_t size, uint64_t offset)
{
	struct capture_file *file = context;

	if (!file->pipe)
		return read_once(file, bytes, size, offset);
	if (offset < file->first_size) {
		size_t left = file->first_size - offset;

		size = size < left ? size : left;
		memcpy(bytes, file->first + offset, size);
		return (ssize_t)size;
	}
	return offset == file->taken ? take(file, bytes, size) : -ESPIPE;
}

struct unpack *
capture_bytes_unpack(struct capture_file *file, const uint8_t *head, size_t size)
{
	const struct unpack_input input = {
		.read = read_for_unpack,
		.context = file,
		.live = file->pipe && file->options.live,
	};

	return unpack_open(&input, head, size);
}
