/* SPDX-License-Identifier: BSD-3-Clause */
/* io_uring, 64 sends a call: copied, zero-copy, and zero-copy from memory that it knows. */
#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "paths/way.h"

#include "core/banned.h"

/* Linux 6.2; liburing 2.3 is older. */
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

#define ENTRIES 256
#define NOTICES_MAX 128 /* that are waited for before more is sent */

struct uring {
	struct io_uring ring;
	int fd, flags;
	enum { COPY, ZEROCOPY, FIXED } kind;
	unsigned notices, pending; /* still to come: of zero-copy, and of sends */
};

static int
open_with(struct way_run *run, enum way_job job, int kind)
{
	struct uring *uring = calloc(1, sizeof(*uring));
	struct iovec all = {run->source, WAY_SOURCE};
	int ret;

	if (!uring)
		return -ENOMEM;
	uring->kind = kind;
	uring->flags = job == WAY_STREAM ? MSG_WAITALL : 0;
	ret = io_uring_queue_init(ENTRIES, &uring->ring, 0);
	if (ret < 0) {
		free(uring);
		return ret;
	}
	uring->fd = way_socket(run, job);
	ret = uring->fd < 0 ? uring->fd : 0;
	if (ret == 0 && kind == FIXED)
		ret = io_uring_register_buffers(&uring->ring, &all, 1);
	if (ret < 0) {
		if (uring->fd >= 0)
			close(uring->fd);
		io_uring_queue_exit(&uring->ring);
		free(uring);
		return ret;
	}
	run->state = uring;
	return 0;
}

#define OPEN(name, job, kind)                     \
	static int name(struct way_run *run)      \
	{                                         \
		return open_with(run, job, kind); \
	}

OPEN(packet_open, WAY_FRAMES, COPY)
OPEN(packet_zc_open, WAY_FRAMES, ZEROCOPY)
OPEN(datagram_open, WAY_DATAGRAMS, COPY)
OPEN(datagram_zc_open, WAY_DATAGRAMS, ZEROCOPY)
OPEN(datagram_fixed_open, WAY_DATAGRAMS, FIXED)
OPEN(stream_open, WAY_STREAM, COPY)
OPEN(stream_zc_open, WAY_STREAM, ZEROCOPY)

static void
uring_close(struct way_run *run)
{
	struct uring *uring = run->state;

	io_uring_queue_exit(&uring->ring);
	close(uring->fd);
	free(uring);
}

static void
prepare(struct uring *uring, struct way_run *run)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&uring->ring);
	uint8_t *packet = way_next(run);

	if (uring->kind == COPY)
		io_uring_prep_send(entry, uring->fd, packet, run->size, uring->flags);
	else if (uring->kind == ZEROCOPY)
		io_uring_prep_send_zc(entry, uring->fd, packet, run->size, uring->flags,
				      IORING_SEND_ZC_REPORT_USAGE);
	else
		io_uring_prep_send_zc_fixed(entry, uring->fd, packet, run->size, uring->flags,
					    IORING_SEND_ZC_REPORT_USAGE, 0);
	uring->pending++;
}

/* What has come back: how many were sent, or negative errno. */
static int64_t
reap(struct uring *uring, struct way_run *run)
{
	struct io_uring_cqe *entry;
	unsigned head, seen = 0;
	int64_t sent = 0;
	int ret = 0;

	io_uring_for_each_cqe(&uring->ring, head, entry)
	{
		seen++;
		if (entry->flags & IORING_CQE_F_NOTIF) {
			uring->notices--;
			run->told++;
			run->told_copied +=
				(uint32_t)entry->res & IORING_NOTIF_USAGE_ZC_COPIED ? 1 : 0;
			continue;
		}
		uring->pending--;
		if (entry->flags & IORING_CQE_F_MORE)
			uring->notices++;
		if (entry->res == (int)run->size)
			sent++;
		else if (entry->res != -ENOBUFS && ret == 0)
			ret = entry->res < 0 ? entry->res : -EIO;
	}
	io_uring_cq_advance(&uring->ring, seen);
	return ret < 0 ? ret : sent;
}

/* Until no send is pending, and so many notices at most. */
static int64_t
wait_until(struct uring *uring, struct way_run *run, unsigned notices)
{
	int64_t sent = 0;

	while (uring->pending > 0 || uring->notices > notices) {
		struct io_uring_cqe *entry;
		struct __kernel_timespec limit = {.tv_sec = 2};
		int ret = io_uring_wait_cqe_timeout(&uring->ring, &entry, &limit);
		int64_t more = ret < 0 ? ret : reap(uring, run);

		if (more < 0)
			return more;
		sent += more;
	}
	return sent;
}

static int64_t
uring_send(struct way_run *run)
{
	struct uring *uring = run->state;
	int ret;

	for (unsigned i = 0; i < WAY_BATCH; i++)
		prepare(uring, run);
	ret = io_uring_submit_and_wait(&uring->ring, WAY_BATCH);
	if (ret < 0)
		return ret;
	return wait_until(uring, run, NOTICES_MAX);
}

static int64_t
packet_zc_send(struct way_run *run)
{
	int64_t sent = uring_send(run);

	if (sent == -EOPNOTSUPP || sent == -EINVAL)
		snprintf(run->reason, sizeof(run->reason), "AF_PACKET has no zero-copy send (%s)",
			 strerror((int)-sent));
	return sent;
}

static int
uring_finish(struct way_run *run)
{
	int64_t sent = wait_until(run->state, run, 0);

	return sent < 0 ? (int)sent : 0;
}

#define WAY(id, called, says, its_job, times, than, opens, sends) \
	const struct way id = {                                   \
		.name = called,                                   \
		.text = says,                                     \
		.job = its_job,                                   \
		.copies = times,                                  \
		.copying = than,                                  \
		.open = opens,                                    \
		.send = sends,                                    \
		.finish = uring_finish,                           \
		.close = uring_close,                             \
	}

WAY(uring_packet_way, "uring-send", "AF_PACKET by io_uring, 64 a call", WAY_FRAMES, 1, NULL,
    packet_open, uring_send);
WAY(uring_packet_zc_way, "uring-send-zc", "the same with send_zc", WAY_FRAMES, WAY_TOLD,
    "uring-send", packet_zc_open, packet_zc_send);
WAY(uring_datagram_way, "uring-send", "io_uring, 64 a call", WAY_DATAGRAMS, 1, NULL, datagram_open,
    uring_send);
WAY(uring_datagram_zc_way, "uring-send-zc", "the same with send_zc", WAY_DATAGRAMS, WAY_TOLD,
    "uring-send", datagram_zc_open, uring_send);
WAY(uring_datagram_fixed_way, "uring-zc-fixed", "send_zc from registered memory", WAY_DATAGRAMS,
    WAY_TOLD, "uring-send", datagram_fixed_open, uring_send);
WAY(uring_stream_way, "uring-send", "mapped, io_uring, 64 a call", WAY_STREAM, 1, NULL, stream_open,
    uring_send);
WAY(uring_stream_zc_way, "uring-send-zc", "the same with send_zc", WAY_STREAM, WAY_TOLD,
    "uring-send", stream_zc_open, uring_send);
