/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the sockets' directory is there, or can be made, and is this user's alone to write to,
 * and nothing in it stands in the way. */
#include "host/run_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/checks.h"

#include "core/banned.h"

#define REASON_MAX 128
#define LOCK_LINE_MAX 256

bool
run_dir_is_safe(const struct stat *directory, char *reason, size_t size)
{
	uid_t own = geteuid(), owner = directory->st_uid;

	/* Root has nobody above it: what is another's is his to change at any moment. */
	if (owner != own && (own == 0 || owner != 0)) {
		snprintf(reason, size,
			 "belongs to user %u, who can put a socket of his own there; "
			 "name one of your own",
			 (unsigned)owner);
		return false;
	}
	if (own == 0 && directory->st_mode & (S_IWGRP | S_IWOTH)) {
		snprintf(reason, size, "can be written to by %s; chmod go-w it, or name another",
			 directory->st_mode & S_IWOTH ? "everyone" : "its group");
		return false;
	}
	if ((directory->st_mode & S_IWOTH) && !(directory->st_mode & S_ISVTX)) {
		snprintf(reason, size,
			 "can be written to by everyone; chmod o-w it, or name another");
		return false;
	}
	return true;
}

static void
say(const struct preflight *work, const char *path, const char *problem)
{
	struct finding *finding = finding_add(work->list, FINDING_REFUSED, "run-dir", "host");

	finding_field(finding, "run-dir");
	finding_what(finding, "run-dir %s: %s %s", work->config->run_dir, path, problem);
	finding_why(finding, "the daemon's sockets and its lock stand there");
	finding_mend(finding, "name a directory of your own as run-dir");
}

/* The process that has a file locked as a daemon does its run-dir's (proc(5), /proc/locks); 0:
 * none, or ourselves. */
static int
lock_holder(const struct root *root, ino_t inode)
{
	FILE *locks = root_open(root, "/proc/locks");
	char line[LOCK_LINE_MAX];
	int holder = 0;

	while (locks && holder == 0 && fgets(line, sizeof(line), locks)) {
		unsigned long long locked;
		int pid;

		if (sscanf(line, "%*u: FLOCK %*s %*s %d %*x:%*x:%llu", &pid, &locked) == 2 &&
		    locked == inode && pid != getpid())
			holder = pid;
	}
	if (locks)
		fclose(locks);
	return holder;
}

static void
check_lock(const struct preflight *work)
{
	const char *directory = work->config->run_dir;
	struct finding *finding;
	char path[PATH_MAX];
	struct stat status;
	int holder;

	snprintf(path, sizeof(path), "%s/lock", directory);
	if (lstat(path, &status) < 0)
		return;
	if (!S_ISREG(status.st_mode)) {
		say(work, path, "is no regular file, and is to be the daemon's lock; remove it");
		return;
	}
	holder = lock_holder(work->root, status.st_ino);
	if (holder == 0)
		return;
	finding = finding_add(work->list, FINDING_REFUSED, "run-dir-busy", "host");
	finding_field(finding, "run-dir");
	finding_what(finding, "process %d is a sluiced that serves %s", holder, directory);
	finding_why(finding, "one run-dir is one daemon's");
	finding_mend(finding, "sluice --socket %s shutdown, or name another run-dir", directory);
}

static void
check_sockets(const struct preflight *work)
{
	static const char *const names[] = {"control.sock", "stats.sock"};
	char path[PATH_MAX];
	struct stat status;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", work->config->run_dir, names[i]);
		if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
			say(work, path, "is too long for a socket's path; choose a shorter one");
			return;
		}
		if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
			say(work, path, "is in the way of the daemon's socket; remove it");
	}
}

/* path is shortened to what is there of it. */
static void
check_parents(const struct preflight *work, char *path)
{
	char reason[REASON_MAX], *slash;
	struct stat status;

	while (lstat(path, &status) < 0 && (slash = strrchr(path, '/')) && slash > path)
		*slash = '\0';
	if (lstat(path, &status) < 0)
		path[1] = '\0';
	if (stat(path, &status) < 0)
		say(work, path, "is a link that leads nowhere");
	else if (!S_ISDIR(status.st_mode))
		say(work, path, "is no directory");
	else if (access(path, W_OK | X_OK) < 0)
		say(work, path,
		    errno == EROFS ? "can't be written to, its file system is read-only"
				   : "can't be written to by this user");
	else if (strcmp(path, work->config->run_dir) == 0 &&
		 !run_dir_is_safe(&status, reason, sizeof(reason)))
		say(work, path, reason);
}

void
check_run_dir(struct preflight *work)
{
	char *path = work->config->run_dir ? strdup(work->config->run_dir) : NULL;

	if (path) {
		check_parents(work, path);
		check_lock(work);
		check_sockets(work);
	}
	if (!path && work->config->run_dir)
		work->list->no_memory = true;
	free(path);
}
