/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/file.h"
#include "core/listing.h"
#include "core/opener.h"
#include "format/index.h"

#include "core/banned.h"

static int
refuse(int error, char *reason, size_t size, const char *word, const char *why)
{
	snprintf(reason, size, "%.200s: %s", word, why);
	return error;
}

static int
add(struct capture_names *names, const char *path, char *reason, size_t size)
{
	if (names->count == CAPTURE_NAMES_MAX)
		return refuse(-E2BIG, reason, size, path, "100000 captures are the most");
	if (names->count == names->room) {
		unsigned room = names->room ? names->room * 2 : 16;
		char **grown = realloc(names->items, room * sizeof(*grown));

		if (!grown)
			return refuse(-ENOMEM, reason, size, path, strerror(ENOMEM));
		names->items = grown;
		names->room = room;
	}
	names->items[names->count] = strdup(path);
	if (!names->items[names->count])
		return refuse(-ENOMEM, reason, size, path, strerror(ENOMEM));
	names->count++;
	return 0;
}

/* Whether a file of a directory is one of its captures; what is there beside them is nobody's
 * mistake. */
static bool
is_capture(const char *path)
{
	const struct capture_options options = {.other_links = CONFIG_LINKS_CONVERT};
	struct capture_file *file = malloc(sizeof(*file));
	char reason[CAPTURE_REASON_MAX];
	struct stat status;
	bool is = false;

	if (file && stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
		is = capture_file_open(file, path, &options, reason, sizeof(reason)) == 0;
		if (is)
			capture_file_close(file);
	}
	free(file);
	return is;
}

static int
add_directory(struct capture_names *names, const char *directory, char *reason, size_t size)
{
	char **entries;
	unsigned before = names->count;
	int count = listing_names(directory, &entries), ret = 0;

	if (count < 0)
		return refuse(count, reason, size, directory, strerror(-count));
	for (int i = 0; i < count; i++) {
		char *path = NULL;

		if (ret == 0 && asprintf(&path, "%s/%s", directory, entries[i]) < 0)
			ret = refuse(-ENOMEM, reason, size, directory, strerror(ENOMEM));
		else if (ret == 0 && is_capture(path))
			ret = add(names, path, reason, size);
		free(path);
		free(entries[i]);
	}
	free(entries);
	if (ret == 0 && names->count == before)
		return refuse(-ENOENT, reason, size, directory,
			      "is a directory without a capture in it");
	return ret;
}

/* What stands beside a capture that sluice wrote is meant by nobody who writes `site-*`. */
static bool
is_index(const char *path)
{
	static const char end[] = ".pcapng" INDEX_SUFFIX;
	size_t length = strlen(path);

	return length >= sizeof(end) && strcmp(path + length - sizeof(end) + 1, end) == 0;
}

static int
add_matches(struct capture_names *names, const char *word, char *reason, size_t size)
{
	glob_t found;
	int ret = listing_glob(word, &found);

	if (ret == GLOB_NOMATCH)
		ret = refuse(-ENOENT, reason, size, word, "no file has such a name");
	else if (ret == GLOB_ABORTED)
		ret = refuse(-errno, reason, size, word, strerror(errno));
	else if (ret != 0)
		ret = refuse(-ENOMEM, reason, size, word, strerror(ENOMEM));
	for (size_t i = 0; ret == 0 && i < found.gl_pathc; i++)
		if (!is_index(found.gl_pathv[i]))
			ret = add(names, found.gl_pathv[i], reason, size);
	globfree(&found);
	return ret;
}

/* Whether a word is one for several names; where its wildcards begin, or NULL. */
static const char *
capture_names_wildcard(const char *word)
{
	struct stat status;
	const char *wildcard = strpbrk(word, "*?[");

	/* A file may have such a name, too. */
	return wildcard && lstat(word, &status) < 0 ? wildcard : NULL;
}

static int
add_word(struct capture_names *names, const char *word, char *reason, size_t size)
{
	struct stat status;

	if (strcmp(word, "-") == 0)
		return add(names, word, reason, size);
	if (stat(word, &status) == 0 && S_ISDIR(status.st_mode))
		return add_directory(names, word, reason, size);
	if (capture_names_wildcard(word))
		return add_matches(names, word, reason, size);
	return add(names, word, reason, size);
}

int
capture_names_find(struct capture_names *names, const struct config_captures *captures,
		   char *reason, size_t size)
{
	int ret = 0;

	*names = (struct capture_names){0};
	for (unsigned i = 0; ret == 0 && i < captures->file_count; i++)
		ret = add_word(names, captures->files[i], reason, size);
	if (ret < 0)
		capture_names_free(names);
	return ret;
}

int
capture_names_copy(struct capture_names *names, const struct capture_names *from)
{
	char reason[CAPTURE_REASON_MAX];
	int ret = 0;

	*names = (struct capture_names){0};
	for (unsigned i = 0; ret == 0 && i < from->count; i++)
		ret = add(names, from->items[i], reason, sizeof(reason));
	if (ret < 0)
		capture_names_free(names);
	return ret;
}

void
capture_names_free(struct capture_names *names)
{
	for (unsigned i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct capture_names){0};
}

void
capture_names_blank(const struct capture_names *names, char *reason, size_t size)
{
	snprintf(reason, size, "%.120s%s no packets", names->items[0],
		 names->count > 1 ? " and the files after it: have" : ": has");
}

uint64_t
capture_names_bytes(const char *path)
{
	uint8_t head[UNPACK_HEAD];
	struct stat status;
	ssize_t count;
	int fd;

	if (strcmp(path, "-") == 0)
		return UINT64_MAX;
	if (stat(path, &status) < 0)
		return 0;
	if (S_ISFIFO(status.st_mode))
		return UINT64_MAX;
	fd = S_ISREG(status.st_mode) ? opener_open(path, O_RDONLY | O_CLOEXEC, OPENER_PATIENCE_MS)
				     : -1;
	if (fd < 0)
		return 0;
	count = read(fd, head, sizeof(head));
	close(fd);
	return count > 0 && unpack_is_for(head, count) ? UINT64_MAX : (uint64_t)status.st_size;
}
