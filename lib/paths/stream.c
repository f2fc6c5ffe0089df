/* SPDX-License-Identifier: BSD-3-Clause */
/* A file that is in memory into a TCP stream, a call or two for each send. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "paths/notice.h"

#include "core/banned.h"

#define PIPE (1 << 20)
#define NOTICE_EVERY 16

struct stream {
	int fd;
	int pipe[2];
	uint8_t *buffer;
	uint64_t sent;
	/* Sends so many bytes of the file from there, or fewer. */
	ssize_t (*one)(struct way_run *run, off_t at, size_t length);
};

static ssize_t
copy_one(struct way_run *run, off_t at, size_t length)
{
	struct stream *stream = run->state;
	ssize_t got = pread(run->source_fd, stream->buffer, length, at);

	return got < 0 ? got : send(stream->fd, stream->buffer, (size_t)got, 0);
}

static ssize_t
send_one(struct way_run *run, off_t at, size_t length)
{
	struct stream *stream = run->state;

	return send(stream->fd, run->source + at, length, 0);
}

static ssize_t
sendfile_one(struct way_run *run, off_t at, size_t length)
{
	struct stream *stream = run->state;

	return sendfile(stream->fd, run->source_fd, &at, length);
}

static ssize_t
splice_one(struct way_run *run, off_t at, size_t length)
{
	struct stream *stream = run->state;
	ssize_t got = splice(run->source_fd, &at, stream->pipe[1], NULL, length, SPLICE_F_MOVE);
	ssize_t rest = got;

	while (rest > 0) {
		ssize_t put = splice(stream->pipe[0], NULL, stream->fd, NULL, (size_t)rest,
				     SPLICE_F_MOVE);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put;
		rest -= put;
	}
	return got;
}

static ssize_t
zerocopy_one(struct way_run *run, off_t at, size_t length)
{
	struct stream *stream = run->state;
	const uint8_t *from = run->source + at;
	ssize_t put = send(stream->fd, from, length, MSG_ZEROCOPY);

	while (put < 0 && errno == ENOBUFS) {
		if (notice_wait(stream->fd, run, run->told + 1) < 0)
			return -1;
		put = send(stream->fd, from, length, MSG_ZEROCOPY);
	}
	if (put >= 0 && ++stream->sent % NOTICE_EVERY == 0)
		notice_read(stream->fd, run);
	return put;
}

static void
stream_close(struct way_run *run)
{
	struct stream *stream = run->state;

	for (unsigned i = 0; i < 2; i++) {
		if (stream->pipe[i] >= 0)
			close(stream->pipe[i]);
	}
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->buffer);
	free(stream);
}

static int
open_with(struct way_run *run, ssize_t (*one)(struct way_run *run, off_t at, size_t length))
{
	struct stream *stream = calloc(1, sizeof(*stream));
	int ret = 0;

	if (!stream)
		return -ENOMEM;
	*stream = (struct stream){.pipe = {-1, -1}, .one = one};
	run->state = stream;
	stream->buffer = malloc(run->size);
	stream->fd = way_socket(run, WAY_STREAM);
	if (stream->fd < 0 || !stream->buffer)
		ret = stream->fd < 0 ? stream->fd : -ENOMEM;
	else if (pipe2(stream->pipe, O_CLOEXEC) < 0 ||
		 (one == splice_one && fcntl(stream->pipe[1], F_SETPIPE_SZ, PIPE) < 0))
		ret = -errno;
	else if (one == zerocopy_one)
		ret = notice_begin(stream->fd);
	if (ret < 0)
		stream_close(run);
	return ret;
}

/* Each way's open; they differ by what one send is. */
#define OPEN(name)                                  \
	static int name##_open(struct way_run *run) \
	{                                           \
		return open_with(run, name##_one);  \
	}

OPEN(copy)
OPEN(send)
OPEN(sendfile)
OPEN(splice)
OPEN(zerocopy)

/* A call may be cut short, by what the kernel still has to do of a ring that was closed, say. */
static int
send_whole(struct way_run *run)
{
	struct stream *stream = run->state;
	off_t at = way_next(run) - run->source;
	size_t rest = run->size;

	while (rest > 0) {
		ssize_t put = stream->one(run, at, rest);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EPIPE;
		at += put;
		rest -= (size_t)put;
	}
	return 0;
}

static int64_t
stream_send(struct way_run *run)
{
	for (unsigned i = 0; i < WAY_BATCH; i++) {
		int ret = send_whole(run);

		if (ret < 0)
			return ret;
	}
	return WAY_BATCH;
}

static int
zerocopy_finish(struct way_run *run)
{
	struct stream *stream = run->state;

	return notice_wait(stream->fd, run, stream->sent);
}

const struct way stream_copy_way = {
	.name = "read-write",
	.text = "read into a buffer, and send",
	.job = WAY_STREAM,
	.copies = 2,
	.open = copy_open,
	.send = stream_send,
	.close = stream_close,
};

const struct way stream_sendfile_way = {
	.name = "sendfile",
	.text = "sendfile",
	.job = WAY_STREAM,
	.copies = 0,
	.copying = "read-write",
	.open = sendfile_open,
	.send = stream_send,
	.close = stream_close,
};

const struct way stream_splice_way = {
	.name = "splice",
	.text = "splice into a pipe, and out of it",
	.job = WAY_STREAM,
	.copies = 0,
	.copying = "read-write",
	.open = splice_open,
	.send = stream_send,
	.close = stream_close,
};

const struct way stream_send_way = {
	.name = "mmap-send",
	.text = "the file mapped, and sent from there",
	.job = WAY_STREAM,
	.copies = 1,
	.open = send_open,
	.send = stream_send,
	.close = stream_close,
};

const struct way stream_zerocopy_way = {
	.name = "zerocopy",
	.text = "the same with MSG_ZEROCOPY",
	.job = WAY_STREAM,
	.copies = WAY_TOLD,
	.copying = "mmap-send",
	.open = zerocopy_open,
	.send = stream_send,
	.finish = zerocopy_finish,
	.close = stream_close,
};
