/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "control/edition.h"

#include "core/banned.h"

struct restart_file
restart_file_of(const char *path)
{
	struct statx status;

	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &status) < 0 ||
	    !S_ISREG(status.stx_mode))
		return (struct restart_file){0};
	return (struct restart_file){
		.device = makedev(status.stx_dev_major, status.stx_dev_minor),
		.inode = status.stx_ino,
		.size = status.stx_size,
		.changed_s = status.stx_ctime.tv_sec,
		.changed_ns = status.stx_ctime.tv_nsec,
		.written_s = status.stx_mtime.tv_sec,
		.written_ns = status.stx_mtime.tv_nsec,
	};
}

static bool
same_file(const struct restart_file *a, const struct restart_file *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed_s == b->changed_s && a->changed_ns == b->changed_ns &&
	       a->written_s == b->written_s && a->written_ns == b->written_ns;
}

bool
restart_holds(const struct restart *restart, const char *path)
{
	struct restart_file now = restart_file_of(path);

	return restart->verdict && same_file(&restart->file, &now);
}

static const char *
compare(const char *path, const struct config_text *text, const struct config *config)
{
	struct error_list errors;
	struct config *other;
	char *diff;
	bool same;

	error_list_init(&errors, path);
	if (config_parse_file(path, text, &other, &errors) < 0) {
		error_list_clear(&errors);
		return "invalid";
	}
	error_list_clear(&errors);
	diff = config_diff(config, other);
	same = diff && !*diff;
	free(diff);
	config_free(other);
	return same ? "same" : "other";
}

/* Byte for byte what was read to run it. */
static bool
is_running_text(const char *path, const struct edition *running, const struct config_text *text)
{
	struct config_text own;
	bool same;

	if (!running || !running->file || strcmp(running->file, path) != 0 ||
	    running->length != text->length || !edition_text(running, &own))
		return false;
	same = memcmp(own.bytes, text->bytes, own.length) == 0;
	free(own.bytes);
	return same;
}

static const char *
judge(const char *path, const struct edition *running, const struct config *config)
{
	struct config_text text;
	const char *verdict;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int ret;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? "missing" : "unreadable";
	ret = config_read(fd, &text);
	close(fd);
	if (ret < 0)
		return "unreadable";
	verdict = is_running_text(path, running, &text) ? "same" : compare(path, &text, config);
	free(text.bytes);
	return verdict;
}

struct restart
restart_look(const char *path, const struct edition *running, const struct config *config)
{
	/* Before it is read: what is written meanwhile is looked at again. */
	struct restart look = {.file = restart_file_of(path)};

	/* A pipe that it was started with gives nothing twice. */
	look.verdict = look.file.inode ? judge(path, running, config) : "missing";
	return look;
}
