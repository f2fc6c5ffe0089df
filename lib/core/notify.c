/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/banned.h"

static int
send_to(int fd, const char *state, const struct sockaddr_un *address, socklen_t length,
	uint64_t patience_ns)
{
	const struct timeval patience = {.tv_sec = (time_t)(patience_ns / 1000000000),
					 .tv_usec = (suseconds_t)(patience_ns % 1000000000 / 1000)};

	/* 0 would be for ever. */
	if (patience_ns && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL | (patience_ns ? 0 : MSG_DONTWAIT),
		   (const struct sockaddr *)address, length) < 0)
		return -errno;
	return 0;
}

int
notify(const char *state, uint64_t patience_ns)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;
	int fd, ret;

	if (length == 0)
		return 0;
	if ((path[0] != '/' && path[0] != '@') || length >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, path, length);
	/* sd_notify(3): an abstract socket, whose name begins with a 0. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = send_to(fd, state, &address,
		      offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '/'),
		      patience_ns);
	close(fd);
	return ret;
}
