/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/opener.h"

#include "core/banned.h"

static DIR *
open_directory(const char *path)
{
	int fd = opener_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, OPENER_PATIENCE_MS);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !directory)
		close(fd);
	return directory;
}

static int
by_name(const void *a, const void *b)
{
	const char *const *one = a, *const *other = b;

	return strcmp(*one, *other);
}

/* False without memory. */
static bool
add(char ***names, int count, const char *name)
{
	/* There is room for as many as the next power of two. */
	bool full = (count & (count - 1)) == 0;
	size_t room = count ? 2 * (size_t)count : 1;
	char **grown = full ? realloc(*names, room * sizeof(*grown)) : *names;

	if (!grown)
		return false;
	*names = grown;
	grown[count] = strdup(name);
	return grown[count] != NULL;
}

static int
fail(char **names, int count, int error)
{
	while (count > 0)
		free(names[--count]);
	free(names);
	return -error;
}

int
listing_names(const char *directory, char ***names)
{
	DIR *stream = open_directory(directory);
	const struct dirent *entry;
	int count = 0, err;

	*names = NULL;
	if (!stream)
		return -errno;
	for (errno = 0; (entry = readdir(stream)); errno = 0) {
		if (entry->d_name[0] == '.')
			continue;
		if (!add(names, count, entry->d_name))
			break;
		count++;
	}
	err = entry ? ENOMEM : errno;
	closedir(stream);
	if (err)
		return fail(*names, count, err);
	if (count)
		qsort(*names, count, sizeof(**names), by_name);
	return count;
}

/* errno of a directory that may not be read, of this thread's glob; 0: there was none. */
static _Thread_local int denied;

static void *
glob_open(const char *path)
{
	DIR *directory = open_directory(path);

	if (!directory && (errno == EACCES || errno == EPERM))
		denied = errno;
	return directory;
}

static struct dirent *
glob_read(void *directory)
{
	return readdir(directory);
}

static void
glob_close(void *directory)
{
	closedir(directory);
}

int
listing_glob(const char *word, glob_t *found)
{
	int ret;

	*found = (glob_t){
		.gl_opendir = glob_open,
		.gl_readdir = glob_read,
		.gl_closedir = glob_close,
		.gl_stat = stat,
		.gl_lstat = lstat,
	};
	denied = 0;
	ret = glob(word, GLOB_ALTDIRFUNC, NULL, found);
	if (ret != GLOB_NOMATCH || !denied)
		return ret;
	errno = denied;
	return GLOB_ABORTED;
}
