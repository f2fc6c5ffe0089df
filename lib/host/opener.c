/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/log.h"
#include "core/opener.h"
#include "format/format.h"
#include "format/index.h"
#include "unpack/unpack.h"

#include "core/banned.h"

#define MODE 0666
/* Lines of the log that are remembered. */
#define TOLD 65536
#define ALWAYS (O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define PART ".part"

static int
refuse(int error)
{
	errno = error;
	return -1;
}

static int
refuse_closing(int fd, int error)
{
	close(fd);
	return refuse(error);
}

static bool
ends_in(const char *path, const char *end)
{
	size_t length = strlen(path), part = strlen(end);

	return length > part && strcmp(path + length - part, end) == 0;
}

/* Of a port's capture, and of those that rules write: as long as they are, then, and its index. */
static bool
is_named_as_written(const char *path)
{
	return ends_in(path, ".pcap") || ends_in(path, ".pcapng") ||
	       ends_in(path, ".pcapng" PART) || ends_in(path, ".pcapng" INDEX_SUFFIX);
}

/* What a file is, before it is opened to be read or written: of some devices that alone has
 * effects. */
static int
find(int directory, const char *path, int flags, struct stat *status)
{
	int place = openat(directory, path, O_PATH | O_CLOEXEC | flags);

	if (place >= 0 && fstat(place, status) < 0)
		return refuse_closing(place, errno);
	return place;
}

/* Opens what was found and no other, whatever has its name by now. */
static int
open_found(int place, int flags)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	fd = open(path, flags | ALWAYS);
	if (fd < 0)
		return refuse_closing(place, errno);
	close(place);
	return fd;
}

/* empty: a file with nothing in it is as good. */
static bool
begins_as_a_capture(int fd, bool empty)
{
	unsigned char head[FORMAT_HEAD];
	struct format format;
	ssize_t size = pread(fd, head, sizeof(head), 0);
	bool is = size > 0 && unpack_is_for(head, size);

	if (size > 0 && !is) {
		is = format_begin_any(&format, head, size) >= 0;
		format_end(&format);
	}
	return is || (empty && size == 0);
}

/* What stands beside a capture, so that nobody has to read all of that. */
static bool
begins_as_an_index(int fd)
{
	unsigned char head[INDEX_HEADER_SIZE];
	struct index index;
	const char *reason;

	return pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	       index_parse(&index, head, sizeof(head), &reason) == 0;
}

static int
open_to_read(const char *path, int flags)
{
	struct stat status;
	int fd = find(AT_FDCWD, path, 0, &status);

	if (fd < 0)
		return fd;
	if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
		return refuse_closing(fd, EPERM);
	fd = open_found(fd, O_RDONLY);
	if (fd < 0 || S_ISFIFO(status.st_mode))
		return fd;
	if (!begins_as_a_capture(fd, false) && !begins_as_an_index(fd))
		return refuse_closing(fd, EPERM);
	/* Not sooner: such reads are of whole blocks. */
	if ((flags & O_DIRECT) && fcntl(fd, F_SETFL, O_DIRECT) < 0)
		return refuse_closing(fd, errno);
	return fd;
}

/* What was written before: looked at, for which it must be read, before anything befalls it. */
static int
open_written_again(int place, const struct stat *status, int flags)
{
	int fd;

	/* A link may lead anywhere, and a second name be that of another file. */
	if (!S_ISREG(status->st_mode) || status->st_nlink != 1)
		return refuse_closing(place, EPERM);
	fd = open_found(place, flags & (O_ACCMODE | O_APPEND));
	if (fd < 0)
		return fd;
	if (!begins_as_a_capture(fd, true) && !begins_as_an_index(fd))
		return refuse_closing(fd, EPERM);
	if ((flags & O_TRUNC) && ftruncate(fd, 0) < 0)
		return refuse_closing(fd, errno);
	return fd;
}

static int
open_to_write(const char *path, int flags)
{
	struct stat status;
	int place;

	if (!is_named_as_written(path))
		return refuse(EPERM);
	place = find(AT_FDCWD, path, O_NOFOLLOW, &status);
	if (place < 0 && errno == ENOENT && (flags & O_CREAT))
		return open(path, O_WRONLY | O_CREAT | O_EXCL | (flags & O_APPEND) | ALWAYS, MODE);
	if (place < 0)
		return place;
	if (flags & O_EXCL)
		return refuse_closing(place, EEXIST);
	if (S_ISFIFO(status.st_mode))
		return open_found(place, O_WRONLY | (flags & O_APPEND));
	return open_written_again(place, &status, O_RDWR | (flags & (O_APPEND | O_TRUNC)));
}

/* The directory that a file is in, so that no link leads to another one meanwhile; name: the file's
 * in it. */
static int
open_directory(const char *path, const char **name)
{
	char directory[OPENER_PATH_MAX];

	*name = strrchr(path, '/') + 1;
	snprintf(directory, sizeof(directory), "%.*s", (int)(*name - path), path);
	return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* One that would be given to be written, opened to be read. */
static int
open_written(int directory, const char *name)
{
	struct stat status;
	int fd = find(directory, name, O_NOFOLLOW, &status);

	return fd < 0 ? fd : open_written_again(fd, &status, O_RDONLY);
}

static int
complete(int directory, const char *name)
{
	char whole[OPENER_PATH_MAX];
	struct stat status;

	snprintf(whole, sizeof(whole), "%.*s", (int)(strlen(name) - strlen(PART)), name);
	if (renameat2(directory, name, directory, whole, RENAME_NOREPLACE) == 0)
		return 0;
	/* Not every file system can do both at once. */
	if (errno != EINVAL)
		return -1;
	if (fstatat(directory, whole, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return refuse(EEXIST);
	return renameat(directory, name, directory, whole);
}

static int
do_to_written(uint32_t act, const char *path)
{
	bool completes = act == OPENER_COMPLETE;
	const char *name;
	int directory, fd, ret, err;

	if (path[0] != '/' || !is_named_as_written(path) || (completes && !ends_in(path, PART)))
		return refuse(EPERM);
	directory = open_directory(path, &name);
	if (directory < 0)
		return -1;
	fd = open_written(directory, name);
	if (fd < 0)
		return refuse_closing(directory, errno);
	ret = completes ? complete(directory, name) : unlinkat(directory, name, 0);
	err = errno;
	close(directory);
	return ret < 0 ? refuse_closing(fd, err) : fd;
}

static int
open_for(const char *path, int flags)
{
	if (path[0] != '/')
		return refuse(EPERM);
	if ((flags & O_ACCMODE) != O_RDONLY)
		return open_to_write(path, flags);
	if (flags & O_DIRECTORY)
		return open(path, O_RDONLY | O_DIRECTORY | ALWAYS);
	return open_to_read(path, flags);
}

/* A replay of hundreds of files opens each whenever its packets are wanted: what was said is not
 * said again, as long as no other file takes its place. */
static void
tell(enum log_level level, const char *path, const char *what, const char *purpose)
{
	static char *told[TOLD];
	char *line, **place;

	if (asprintf(&line, "opener: %s %s, %s", path, what, purpose) < 0)
		return;
	place = &told[digest(line, strlen(line)) % TOLD];
	if (!*place || strcmp(*place, line) != 0)
		log_at(level, "%s", line);
	free(*place);
	*place = line;
}

static const char *
purpose_of(uint32_t act, int flags)
{
	if (act == OPENER_COMPLETE)
		return "to be whole";
	if (act == OPENER_REMOVE)
		return "to make room";
	return (flags & O_ACCMODE) != O_RDONLY ? "to be written"
	       : flags & O_DIRECTORY           ? "for the names in it"
					       : "to be read";
}

int
opener_serve(uint32_t act, const char *path, int flags)
{
	static const char *const done[] = {[OPENER_OPEN] = "was opened",
					   [OPENER_COMPLETE] = "was renamed",
					   [OPENER_REMOVE] = "was removed"};
	const char *purpose = purpose_of(act, flags);
	int fd, err;

	if (act > OPENER_REMOVE)
		return refuse(EINVAL);
	fd = act == OPENER_OPEN ? open_for(path, flags) : do_to_written(act, path);
	err = errno;
	if (fd >= 0)
		tell(LOG_LEVEL_INFO, path, done[act], purpose);
	else if (err == EPERM)
		tell(LOG_LEVEL_INFO, path, "was refused", purpose);
	else
		tell(LOG_LEVEL_DEBUG, path, strerror(err), purpose);
	errno = err;
	return fd;
}
