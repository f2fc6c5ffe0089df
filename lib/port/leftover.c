/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/leftover.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/banned.h"

#define BPF_PREFIX "anon_inode:bpf"

static bool
describe(int fd, struct leftover *leftover)
{
	socklen_t length = sizeof(int);
	char path[64];
	int domain = -1;
	ssize_t used;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	used = readlink(path, leftover->what, sizeof(leftover->what) - 1);
	if (used < 0)
		return false;
	leftover->what[used] = '\0';
	leftover->fd = fd;
	leftover->socket = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0;
	return leftover->socket ? domain == AF_XDP
				: strncmp(leftover->what, BPF_PREFIX, strlen(BPF_PREFIX)) == 0;
}

static void
add(struct leftovers *all, const struct leftover *leftover)
{
	struct leftover *grown = realloc(all->items, (all->count + 1) * sizeof(*grown));

	/* One that is not noted stays open, as before. */
	if (!grown)
		return;
	all->items = grown;
	all->items[all->count++] = *leftover;
}

void
leftover_list(struct leftovers *all)
{
	DIR *directory = opendir("/proc/self/fd");
	struct leftover leftover;
	struct dirent *entry;

	*all = (struct leftovers){0};
	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		char *end;
		long fd = strtol(entry->d_name, &end, 10);

		if (*end == '\0' && describe((int)fd, &leftover))
			add(all, &leftover);
	}
	closedir(directory);
}

static bool
has(const struct leftovers *all, const struct leftover *leftover)
{
	for (unsigned i = 0; i < all->count; i++) {
		if (all->items[i].fd == leftover->fd &&
		    strcmp(all->items[i].what, leftover->what) == 0)
			return true;
	}
	return false;
}

void
leftover_subtract(struct leftovers *all, const struct leftovers *before)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < all->count; i++) {
		if (!has(before, &all->items[i]))
			all->items[kept++] = all->items[i];
	}
	all->count = kept;
}

void
leftover_close(struct leftovers *leftovers)
{
	struct leftover now;

	for (unsigned i = 0; i < leftovers->count; i++) {
		const struct leftover *then = &leftovers->items[i];

		if (describe(then->fd, &now) && strcmp(now.what, then->what) == 0)
			close(then->fd);
	}
	leftover_free(leftovers);
}

void
leftover_free(struct leftovers *leftovers)
{
	free(leftovers->items);
	*leftovers = (struct leftovers){0};
}
