/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/path.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/banned.h"

/* Removes doubled slashes, "." and a slash at the end. The path is absolute. */
static void
tidy(char *path)
{
	char *to = path;
	const char *from = path;

	while (*from) {
		size_t slashes = strspn(from, "/");
		size_t length = strcspn(from + slashes, "/");

		from += slashes;
		if (length > 0 && !(length == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

char *
path_join(const char *directory, const char *path)
{
	bool absolute = path[0] == '/';
	char *joined;

	if (asprintf(&joined, "%s%s%s", absolute ? "" : directory, absolute ? "" : "/", path) < 0)
		return NULL;
	tidy(joined);
	return joined;
}

char *
path_directory(const char *directory)
{
	char *here, *joined;

	if (directory && directory[0] == '/')
		return path_join("/", directory);
	here = get_current_dir_name();
	if (!here || !directory || !*directory)
		return here;
	joined = path_join(here, directory);
	free(here);
	return joined;
}

char *
path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : slash - path);
}
