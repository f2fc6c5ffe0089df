/* SPDX-License-Identifier: BSD-3-Clause */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/banned.h"

#define MODE_NEW 0640
#define MODE_BITS 07777

static int
write_whole(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Owner first: who gives a file away loses bits of its mode. */
static int
make_like(int fd, const struct stat *like)
{
	struct stat own;

	if (fstat(fd, &own) < 0)
		return -errno;
	if (like && (own.st_uid != like->st_uid || own.st_gid != like->st_gid) &&
	    fchown(fd, like->st_uid, like->st_gid) < 0)
		return -errno;
	return fchmod(fd, like ? like->st_mode & MODE_BITS : MODE_NEW) < 0 ? -errno : 0;
}

/* The name is on the disk when its directory is. */
static int
sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash == path ? strdup("/") : strndup(path, slash - path);
	int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, ret = 0;

	if (fd < 0 || fsync(fd) < 0)
		ret = -errno;
	if (fd >= 0)
		close(fd);
	free(directory);
	return ret;
}

int
replace_file(const char *path, const char *bytes, size_t length, const struct stat *like)
{
	char *temporary;
	int fd, ret;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		free(temporary);
		return ret;
	}
	ret = make_like(fd, like);
	if (ret == 0)
		ret = write_whole(fd, bytes, length);
	if (ret == 0 && fsync(fd) < 0)
		ret = -errno;
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	if (ret == 0 && rename(temporary, path) < 0)
		ret = -errno;
	if (ret < 0)
		unlink(temporary);
	else
		ret = sync_directory(path);
	free(temporary);
	return ret;
}
