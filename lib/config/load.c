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

int
config_read(int fd, struct config_text *text)
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
			*text = (struct config_text){buffer, used};
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
read_file(const char *path, struct config_text *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	*text = (struct config_text){0};
	if (fd < 0)
		return -errno;
	ret = config_read(fd, text);
	close(fd);
	return ret;
}

int
config_parse_file(const char *path, const struct config_text *text, struct config **out,
		  struct error_list *errors)
{
	char *here = path_directory(path[0] == '/' ? "/" : NULL);
	char *file = here ? path_join(here, path) : NULL;
	char *directory = file ? path_parent(file) : NULL;
	int ret = -ENOMEM;

	*out = NULL;
	if (directory)
		ret = config_parse(text->bytes, text->length, directory, out, errors);
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
config_load_text(const char *path, struct config **out, struct config_text *text,
		 struct error_list *errors)
{
	int ret = read_file(path, text);

	*out = NULL;
	if (ret < 0) {
		error_add(errors, 0, 0, NULL, "the config can't be read: %s", strerror(-ret));
		return ret;
	}
	ret = config_parse_file(path, text, out, errors);
	if (ret < 0)
		free(text->bytes);
	return ret;
}

int
config_load(const char *path, struct config **out, struct error_list *errors)
{
	struct config_text text;
	int ret = config_load_text(path, out, &text, errors);

	if (ret == 0)
		free(text.bytes);
	return ret;
}
