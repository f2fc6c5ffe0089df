/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/pass.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "core/banned.h"

union passed {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

ssize_t
pass_send(int socket, const void *bytes, size_t length, int fd)
{
	union passed passed = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS}};
	struct iovec part = {(void *)(uintptr_t)bytes, length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		memcpy(CMSG_DATA(&passed.header), &fd, sizeof(fd));
		message.msg_control = &passed;
		message.msg_controllen = sizeof(passed);
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t
pass_receive(int socket, void *bytes, size_t size, int flags, int *fd)
{
	union passed passed;
	struct iovec part = {bytes, size};
	/* The space for one would do for two. */
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &passed,
				 .msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t count = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *header = count < 0 ? NULL : CMSG_FIRSTHDR(&message);

	*fd = -1;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len >= CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(header), sizeof(*fd));
	return count;
}
