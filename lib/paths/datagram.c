/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams by sendmmsg: copied, or with MSG_ZEROCOPY. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "paths/notice.h"

#include "core/banned.h"

struct datagram {
	int fd;
	int flags;
	uint64_t sent;
	struct mmsghdr messages[WAY_BATCH];
	struct iovec pieces[WAY_BATCH];
};

static int
open_with(struct way_run *run, int flags)
{
	struct datagram *datagram = calloc(1, sizeof(*datagram));
	int ret;

	if (!datagram)
		return -ENOMEM;
	datagram->flags = flags;
	datagram->fd = way_socket(run, WAY_DATAGRAMS);
	ret = datagram->fd < 0 ? datagram->fd : 0;
	if (ret == 0 && flags)
		ret = notice_begin(datagram->fd);
	if (ret < 0) {
		if (datagram->fd >= 0)
			close(datagram->fd);
		free(datagram);
		return ret;
	}
	run->state = datagram;
	return 0;
}

static int
datagram_open(struct way_run *run)
{
	return open_with(run, 0);
}

static int
zerocopy_open(struct way_run *run)
{
	return open_with(run, MSG_ZEROCOPY);
}

static void
datagram_close(struct way_run *run)
{
	struct datagram *datagram = run->state;

	close(datagram->fd);
	free(datagram);
}

static int64_t
datagram_send(struct way_run *run)
{
	struct datagram *datagram = run->state;
	int sent;

	for (unsigned i = 0; i < WAY_BATCH; i++) {
		datagram->pieces[i] = (struct iovec){way_next(run), run->size};
		datagram->messages[i].msg_hdr =
			(struct msghdr){.msg_iov = &datagram->pieces[i], .msg_iovlen = 1};
	}
	sent = sendmmsg(datagram->fd, datagram->messages, WAY_BATCH, datagram->flags);
	if (datagram->flags)
		notice_read(datagram->fd, run);
	/* Too much is still to be told. */
	if (sent < 0)
		return errno == ENOBUFS ? 0 : -errno;
	datagram->sent += (uint64_t)sent;
	return sent;
}

static int
zerocopy_finish(struct way_run *run)
{
	struct datagram *datagram = run->state;

	return notice_wait(datagram->fd, run, datagram->sent);
}

const struct way datagram_batch_way = {
	.name = "sendmmsg",
	.text = "64 datagrams a call",
	.job = WAY_DATAGRAMS,
	.copies = 1,
	.open = datagram_open,
	.send = datagram_send,
	.close = datagram_close,
};

const struct way datagram_zerocopy_way = {
	.name = "zerocopy",
	.text = "the same with MSG_ZEROCOPY",
	.job = WAY_DATAGRAMS,
	.copies = WAY_TOLD,
	.copying = "sendmmsg",
	.open = zerocopy_open,
	.send = datagram_send,
	.finish = zerocopy_finish,
	.close = datagram_close,
};
