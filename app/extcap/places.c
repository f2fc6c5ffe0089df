/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "extcap.h"

#include "core/banned.h"

#define SOCKETS "/proc/net/unix"
#define CONTROL "/control.sock"
#define STATS "/stats.sock"
#define LISTENS 0x10000UL /* of the flags: somebody does */

/* Directories of sockets that have one name. */
struct found {
	char **directories;
	size_t count;
};

static bool
has(const struct found *found, const char *directory)
{
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->directories[i], directory) == 0)
			return true;
	return false;
}

/* What is not in this mount namespace is not found. */
static void
add(struct found *found, const char *path, const char *name)
{
	size_t length = strlen(path), tail = strlen(name);
	char **all, *shown, *directory;

	if (length <= tail || *path != '/' || strcmp(path + length - tail, name) != 0)
		return;
	shown = strndup(path, length - tail);
	/* As whoever bound it wrote it, "." and links included. */
	directory = shown ? realpath(shown, NULL) : NULL;
	free(shown);
	all = realloc(found->directories, (found->count + 1) * sizeof(*all));
	if (all)
		found->directories = all;
	if (all && directory && !has(found, directory))
		all[found->count++] = directory;
	else
		free(directory);
}

static void
clear(struct found *found)
{
	for (size_t i = 0; i < found->count; i++)
		free(found->directories[i]);
	free(found->directories);
}

/* Of a line: address, count, protocol, flags, type, state, inode, and a path if it has one. */
static void
read_line(char *line, struct found *control, struct found *stats)
{
	unsigned long flags;
	int path = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%*s %*s %*s %lx %*s %*s %*s %n", &flags, &path) != 1 || !path ||
	    !(flags & LISTENS))
		return;
	add(control, line + path, CONTROL);
	add(stats, line + path, STATS);
}

void
places_each(void (*found)(void *to, const char *directory), void *to)
{
	struct found control = {0}, stats = {0};
	FILE *file = fopen(SOCKETS, "re");
	char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0)
		read_line(line, &control, &stats);
	/* Others may have a control.sock, too. */
	for (size_t i = 0; i < control.count; i++)
		if (has(&stats, control.directories[i]))
			found(to, control.directories[i]);
	free(line);
	if (file)
		fclose(file);
	clear(&control);
	clear(&stats);
}
