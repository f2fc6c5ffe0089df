/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/root.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/banned.h"

static int __attribute__((format(printf, 3, 0)))
make_path(const struct root *root, char path[PATH_MAX], const char *format, va_list args)
{
	int used = snprintf(path, PATH_MAX, "%s", root->path);
	int more;

	if (used >= PATH_MAX)
		return -ENAMETOOLONG;
	more = vsnprintf(path + used, PATH_MAX - used, format, args);
	return more < 0 || used + more >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* ret and path, from the format and its arguments, which va_start finds behind it. */
#define PATH_OF(ret, root, path, format)                   \
	do {                                               \
		va_list args;                              \
		va_start(args, format);                    \
		ret = make_path(root, path, format, args); \
		va_end(args);                              \
	} while (0)

static void
cut_blanks(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
}

static int
read_line(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	int ret = 0;

	text[0] = '\0';
	if (!file)
		return -errno;
	if (!fgets(text, (int)size, file)) {
		text[0] = '\0';
		ret = ferror(file) ? -EIO : 0;
	}
	fclose(file);
	cut_blanks(text);
	return ret;
}

int
root_read(const struct root *root, char *text, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	int ret;

	text[0] = '\0';
	PATH_OF(ret, root, path, format);
	return ret < 0 ? ret : read_line(path, text, size);
}

int
root_number(const struct root *root, uint64_t *value, const char *format, ...)
{
	char path[PATH_MAX], text[32], *end;
	unsigned long long number;
	int ret;

	PATH_OF(ret, root, path, format);
	if (ret == 0)
		ret = read_line(path, text, sizeof(text));
	if (ret < 0)
		return ret;
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end)
		return -EINVAL;
	*value = number;
	return 0;
}

FILE *
root_open(const struct root *root, const char *format, ...)
{
	char path[PATH_MAX];
	int ret;

	PATH_OF(ret, root, path, format);
	return ret < 0 ? NULL : fopen(path, "re");
}

int
root_value(const struct root *root, const char *key, char *text, size_t size, const char *format,
	   ...)
{
	char path[PATH_MAX], line[ROOT_LINE_MAX];
	FILE *file = NULL;
	int ret;

	text[0] = '\0';
	PATH_OF(ret, root, path, format);
	if (ret == 0) {
		file = fopen(path, "re");
		ret = file ? -ENOENT : -errno;
	}
	while (file && fgets(line, sizeof(line), file)) {
		char *value = line + strlen(key);

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		while (isspace((unsigned char)*value))
			value++;
		cut_blanks(value);
		snprintf(text, size, "%s", value);
		ret = 0;
		break;
	}
	if (file)
		fclose(file);
	return ret;
}

int
root_target(const struct root *root, char target[PATH_MAX], const char *format, ...)
{
	char path[PATH_MAX];
	ssize_t length;
	int ret;

	PATH_OF(ret, root, path, format);
	length = ret == 0 ? readlink(path, target, PATH_MAX - 1) : 0;
	if (length < 0)
		ret = -errno;
	target[ret == 0 ? length : 0] = '\0';
	return ret;
}

int
root_link(const struct root *root, char name[ROOT_NAME_MAX], const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t length;
	int ret;

	name[0] = '\0';
	PATH_OF(ret, root, path, format);
	if (ret < 0)
		return ret;
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	slash = strrchr(target, '/');
	if (snprintf(name, ROOT_NAME_MAX, "%s", slash ? slash + 1 : target) >= ROOT_NAME_MAX) {
		name[0] = '\0';
		return -ENAMETOOLONG;
	}
	return 0;
}

static int
is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
root_list(const struct root *root, struct root_names *names, const char *format, ...)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int ret, count;

	*names = (struct root_names){0};
	PATH_OF(ret, root, path, format);
	if (ret < 0)
		return ret;
	count = scandir(path, &entries, is_shown, versionsort);
	if (count < 0)
		return -errno;
	names->items = calloc(count + 1, sizeof(*names->items));
	for (int i = 0; i < count; i++) {
		char *name = names->items ? strdup(entries[i]->d_name) : NULL;

		if (name)
			names->items[names->count++] = name;
		free(entries[i]);
	}
	free(entries);
	return names->count == (unsigned)count ? 0 : -ENOMEM;
}

void
root_names_free(struct root_names *names)
{
	for (unsigned i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct root_names){0};
}

bool
root_has(const struct root *root, const char *format, ...)
{
	char path[PATH_MAX];
	int ret;

	PATH_OF(ret, root, path, format);
	return ret == 0 && faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0;
}

int
root_may_use(const struct root *root, const char *format, ...)
{
	char path[PATH_MAX];
	int ret;

	PATH_OF(ret, root, path, format);
	if (ret < 0)
		return ret;
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 ? -errno : 0;
}
