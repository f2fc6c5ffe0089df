/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "config/path.h"

#include "core/banned.h"

#define FIRST_BYTES 65536
/* A million rules, spelled out at length. */
#define FILE_BYTES_MAX ((size_t)512 << 20)

/* Reads to the end. The caller frees *text. */
static int
read_all(int fd, char **text, size_t *length)
{
	size_t size = FIRST_BYTES, used = 0;
	char *buffer = malloc(size);

	while (buffer) {
		ssize_t got = read(fd, buffer + used, size - used);
		char *larger;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int error = errno;

			free(buffer);
			return -error;
		}
		if (got == 0) {
			*text = buffer;
			*length = used;
			return 0;
		}
		used += got;
		if (used < size)
			continue;
		larger = size < FILE_BYTES_MAX ? realloc(buffer, size * 2) : NULL;
		if (!larger) {
			free(buffer);
			return size < FILE_BYTES_MAX ? -ENOMEM : -EFBIG;
		}
		buffer = larger;
		size *= 2;
	}
	return -ENOMEM;
}

static int
read_file(const char *path, char **text, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = read_all(fd, text, length);
	close(fd);
	return ret;
}

static int
parse_at(const char *path, const char *text, size_t length, struct config **out,
	 struct error_list *errors)
{
	char *here = path_directory(path[0] == '/' ? "/" : NULL);
	char *file = here ? path_join(here, path) : NULL;
	char *directory = file ? path_parent(file) : NULL;
	int ret = -ENOMEM;

	if (directory)
		ret = config_parse(text, length, directory, out, errors);
	else
		error_add(errors, 0, 0, NULL, "the config's directory can't be told: %s",
			  strerror(errno));
	if (ret == 0) {
		(*out)->file = file;
		file = NULL;
	}
	free(directory);
	free(file);
	free(here);
	return ret;
}

int
config_load(const char *path, struct config **out, struct error_list *errors)
{
	char *text = NULL;
	size_t length = 0;
	int ret = read_file(path, &text, &length);

	*out = NULL;
	if (ret < 0) {
		error_add(errors, 0, 0, NULL, "the config can't be read: %s", strerror(-ret));
		return ret;
	}
	ret = parse_at(path, text, length, out, errors);
	free(text);
	return ret;
}
