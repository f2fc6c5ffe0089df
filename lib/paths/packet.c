/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames by AF_PACKET, copied by the kernel: a call for each, or for a batch. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "paths/way.h"

#include "core/banned.h"

struct packet {
	int fd;
	struct mmsghdr messages[WAY_BATCH];
	struct iovec pieces[WAY_BATCH];
};

static int
packet_open(struct way_run *run)
{
	struct packet *packet = calloc(1, sizeof(*packet));

	if (!packet)
		return -ENOMEM;
	packet->fd = way_socket(run, WAY_FRAMES);
	if (packet->fd < 0) {
		int ret = packet->fd;

		free(packet);
		return ret;
	}
	run->state = packet;
	return 0;
}

static void
packet_close(struct way_run *run)
{
	struct packet *packet = run->state;

	close(packet->fd);
	free(packet);
}

static int64_t
packet_send(struct way_run *run)
{
	struct packet *packet = run->state;

	for (unsigned i = 0; i < WAY_BATCH; i++) {
		if (send(packet->fd, way_next(run), run->size, 0) < 0)
			return errno == ENOBUFS ? (int64_t)i : -errno;
	}
	return WAY_BATCH;
}

static int64_t
packet_send_batch(struct way_run *run)
{
	struct packet *packet = run->state;
	int sent;

	for (unsigned i = 0; i < WAY_BATCH; i++) {
		packet->pieces[i] = (struct iovec){way_next(run), run->size};
		packet->messages[i].msg_hdr =
			(struct msghdr){.msg_iov = &packet->pieces[i], .msg_iovlen = 1};
	}
	sent = sendmmsg(packet->fd, packet->messages, WAY_BATCH, 0);
	if (sent < 0)
		return errno == ENOBUFS ? 0 : -errno;
	return sent;
}

const struct way packet_send_way = {
	.name = "write",
	.text = "AF_PACKET, a call for each frame",
	.job = WAY_FRAMES,
	.copies = 1,
	.open = packet_open,
	.send = packet_send,
	.close = packet_close,
};

const struct way packet_batch_way = {
	.name = "sendmmsg",
	.text = "AF_PACKET, 64 frames a call",
	.job = WAY_FRAMES,
	.copies = 1,
	.open = packet_open,
	.send = packet_send_batch,
	.close = packet_close,
};
