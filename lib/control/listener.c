/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"
#include "host/run_dir.h"

#include "core/banned.h"

#define BACKLOG 128
#define REASON_MAX 128

static const struct {
	const char *name;
	mode_t mode;
} sockets[LISTENERS] = {
	[LISTENER_CONTROL] = {"control.sock", 0600},
	[LISTENER_STATS] = {"stats.sock", 0660},
};

/* Parents too, as `mkdir -p`. */
static int
make_directory(const char *path)
{
	char partial[PATH_MAX];

	snprintf(partial, sizeof(partial), "%s", path);
	for (char *slash = partial + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(partial, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (mkdir(partial, 0755) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

static int
refuse_second(const struct listener *listener)
{
	char pid[16] = "";
	ssize_t length = pread(listener->lock, pid, sizeof(pid) - 1, 0);

	pid[length > 0 ? length : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	log_error("another sluiced (pid %s) serves %s; stop it, or give this one a run-dir of its "
		  "own",
		  *pid ? pid : "unknown", listener->directory);
	return -EEXIST;
}

/* Whether the file that is open is still the one of that name: a daemon that ended in between has
 * taken the name away, and another may have made it anew. */
static bool
is_current(int fd, const char *path)
{
	struct stat open_file, named;

	return fstat(fd, &open_file) == 0 && lstat(path, &named) == 0 &&
	       open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

static int
open_lock(struct listener *listener, const char *path)
{
	struct stat status;

	listener->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (listener->lock < 0 && errno != ELOOP && errno != EISDIR && errno != ENXIO)
		return log_fail(errno, "%s can't be the daemon's lock", path);
	if (listener->lock < 0 || fstat(listener->lock, &status) < 0 || !S_ISREG(status.st_mode)) {
		log_error("%s can't be the daemon's lock: it is no regular file; remove it", path);
		return -EINVAL;
	}
	if (flock(listener->lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? refuse_second(listener) : log_fail(errno, "%s", path);
	return 0;
}

/* A file that has other names may be somebody's, and is not written to: ours loses this one.
 * Returns whether it did, or a negative errno. */
static int
give_up_linked(const struct listener *listener, const char *path)
{
	struct stat status;

	if (fstat(listener->lock, &status) < 0)
		return log_fail(errno, "%s", path);
	if (status.st_nlink == 1)
		return 0;
	log_warning("%s is another file's name too, which is left alone", path);
	return unlink(path) < 0 ? log_fail(errno, "%s", path) : 1;
}

static int
take_lock(struct listener *listener)
{
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), "%s/lock", listener->directory);
	for (;;) {
		ret = open_lock(listener, path);
		if (ret < 0)
			return ret;
		ret = is_current(listener->lock, path) ? give_up_linked(listener, path) : 1;
		if (ret < 0)
			return ret;
		if (ret == 0)
			break;
		close(listener->lock);
	}
	if (ftruncate(listener->lock, 0) < 0 || dprintf(listener->lock, "%d\n", (int)getpid()) < 0)
		return log_fail(errno, "%s", path);
	return 0;
}

static int
check_directory(const char *path)
{
	char reason[REASON_MAX];
	struct stat status;

	if (stat(path, &status) < 0)
		return log_fail(errno, "run-dir %s", path);
	if (run_dir_is_safe(&status, reason, sizeof(reason)))
		return 0;
	log_error("run-dir %s %s", path, reason);
	return -EPERM;
}

static int
open_socket(struct listener *listener, enum listener_access access)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int length, ret;

	length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", listener->directory,
			  sockets[access].name);
	if (length >= (int)sizeof(address.sun_path)) {
		log_error("run-dir %s: too long for a socket's path (%zu bytes); choose a shorter "
			  "one",
			  listener->directory, sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	listener->sockets[access] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->sockets[access] < 0)
		return log_fail(errno, "socket");
	/* The lock is ours: what stands here was left by a daemon that was killed. */
	if (unlink(address.sun_path) < 0 && errno != ENOENT)
		return log_fail(errno, "%s is in the way of the daemon's socket; remove it",
				address.sun_path);
	/* By the mask, as a mode that is set later leaves a moment without it. */
	mask = umask(0777 & ~sockets[access].mode);
	ret = bind(listener->sockets[access], (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (ret < 0 || listen(listener->sockets[access], BACKLOG) < 0)
		return log_fail(errno, "%s", address.sun_path);
	return 0;
}

int
listener_open(struct listener *listener, const char *directory)
{
	int ret;

	*listener = (struct listener){.lock = -1, .sockets = {-1, -1}};
	listener->directory = strdup(directory);
	if (!listener->directory)
		return log_fail(ENOMEM, "run-dir");
	ret = make_directory(directory);
	if (ret < 0) {
		log_fail(ret, "run-dir %s can't be made; name one that this user may write",
			 directory);
		goto failed;
	}
	ret = check_directory(directory);
	if (ret < 0)
		goto failed;
	ret = take_lock(listener);
	if (ret < 0) {
		/* Not ours to remove. */
		if (listener->lock >= 0)
			close(listener->lock);
		listener->lock = -1;
		goto failed;
	}
	for (unsigned i = 0; ret == 0 && i < LISTENERS; i++)
		ret = open_socket(listener, i);
	if (ret == 0)
		return 0;
failed:
	listener_close(listener);
	return ret;
}

static void
remove_file(const struct listener *listener, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", listener->directory, name);
	unlink(path);
}

void
listener_unlink(const struct listener *listener)
{
	if (!listener->directory)
		return;
	for (unsigned i = 0; i < LISTENERS; i++)
		remove_file(listener, sockets[i].name);
	remove_file(listener, "lock");
}

void
listener_close(struct listener *listener)
{
	for (unsigned i = 0; i < LISTENERS; i++) {
		if (listener->sockets[i] < 0)
			continue;
		remove_file(listener, sockets[i].name);
		close(listener->sockets[i]);
		listener->sockets[i] = -1;
	}
	if (listener->lock >= 0) {
		remove_file(listener, "lock");
		close(listener->lock);
		listener->lock = -1;
	}
	free(listener->directory);
	listener->directory = NULL;
}
