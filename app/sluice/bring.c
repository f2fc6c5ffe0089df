/* SPDX-License-Identifier: BSD-3-Clause */
#include "bring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/banned.h"

#define PIECE (256 * 1024)
/* What the daemon takes. */
#define BYTES_MAX ((size_t)512 << 20)

/* Only the whole is of use. */
static int
write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

static int
copy(int from, int to)
{
	static char piece[PIECE];
	size_t length = 0;
	int ret = 0;

	while (ret == 0) {
		ssize_t got = read(from, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		length += (size_t)got;
		ret = length > BYTES_MAX ? -EFBIG : write_all(to, piece, (size_t)got);
	}
	return ret;
}

static int
seal(int fd)
{
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return 0;
}

int
bring_file(const char *file, int *fd)
{
	int from = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC), ret;

	if (from < 0)
		return -errno;
	*fd = memfd_create("config", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ret = *fd < 0 ? -errno : copy(from, *fd);
	if (ret == 0)
		ret = seal(*fd);
	if (ret < 0 && *fd >= 0)
		close(*fd);
	if (from != STDIN_FILENO)
		close(from);
	return ret;
}
