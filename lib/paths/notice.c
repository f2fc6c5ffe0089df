/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths/notice.h"

#include <time.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <sys/socket.h>

#include "core/now.h"

#include "core/banned.h"

#define WAIT_NS UINT64_C(2000000000)
#define POLL_MS 10

int
notice_begin(int fd)
{
	int one = 1;

	return setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) < 0 ? -errno : 0;
}

void
notice_read(int fd, struct way_run *run)
{
	union {
		char bytes[256];
		struct cmsghdr align;
	} control;
	struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof(control)};

	while (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) {
		for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at;
		     at = CMSG_NXTHDR(&message, at)) {
			const struct sock_extended_err *error = (const void *)CMSG_DATA(at);
			/* A range, both ends included; numbers wrap. */
			uint32_t count = error->ee_data - error->ee_info + 1;

			if (error->ee_origin != SO_EE_ORIGIN_ZEROCOPY)
				continue;
			run->told += count;
			if (error->ee_code & SO_EE_CODE_ZEROCOPY_COPIED)
				run->told_copied += count;
		}
		message.msg_controllen = sizeof(control);
	}
}

int
notice_wait(int fd, struct way_run *run, uint64_t sent)
{
	uint64_t until = now_ns() + WAIT_NS;

	notice_read(fd, run);
	while (run->told < sent) {
		struct pollfd wait = {.fd = fd};

		if (now_ns() > until)
			return -ETIMEDOUT;
		poll(&wait, 1, POLL_MS);
		notice_read(fd, run);
	}
	return 0;
}
