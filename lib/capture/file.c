/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/bytes.h"
#include "core/opener.h"
#include "disk/direct.h"

#include "core/banned.h"

/* Bytes that are looked at before anything starts: other link types show early. */
#define LOOK_BYTES (64u << 10)
#define SHOWN_MAX 120

/* What a message names the file by: a long path would leave no room for what is wrong. */
static const char *
shown(const struct capture_file *file)
{
	return strlen(file->path) <= SHOWN_MAX ? file->path : file->name;
}

static int
open_plain(struct capture_file *file, struct stat *status)
{
	*status = (struct stat){0};
	if (file->options.check && stat(file->path, status) == 0 && S_ISFIFO(status->st_mode))
		return 0;
	if (strcmp(file->path, "-") == 0)
		file->plain = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		/* A FIFO would be waited for. */
		file->plain = opener_open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
					  OPENER_PATIENCE_MS);
	return file->plain < 0 || fstat(file->plain, status) < 0 ? -errno : 0;
}

static int
open_checked(struct capture_file *file, char *reason, size_t size)
{
	struct stat status = {0};
	int ret = open_plain(file, &status);

	if (ret < 0) {
		snprintf(reason, size, "%.120s: %s", shown(file), strerror(-ret));
		return ret;
	}
	file->pipe = S_ISFIFO(status.st_mode) || strcmp(file->path, "-") == 0;
	if (!S_ISREG(status.st_mode) && !file->pipe) {
		snprintf(reason, size, "%.120s: is %s, not a file", shown(file),
			 S_ISDIR(status.st_mode) ? "a directory" : "a device");
		return -EINVAL;
	}
	file->lead_known = file->pipe;
	file->size = file->pipe ? CAPTURE_SIZE_UNKNOWN : (uint64_t)status.st_size;
	file->identity = identity_of(&status);
	return 0;
}

static int
begin_format(struct capture_file *file)
{
	if (file->options.other_links == CONFIG_LINKS_REFUSE)
		return format_begin(&file->format, file->head, file->head_size);
	return format_begin_any(&file->format, file->head, file->head_size);
}

/* What it is, and the first records, of which those of other links can be refused before anything
 * starts. What is damaged or cut is told of when it is read. */
static int
look_at(struct capture_file *file, const uint8_t *bytes, size_t count, char *reason, size_t size)
{
	const char *why = capture_file_cut_off(file);
	bool last = count == file->size && !why, first = true;
	struct format_record record;
	size_t at;
	int ret;

	file->head_size = count < FORMAT_HEAD ? count : FORMAT_HEAD;
	memcpy(file->head, bytes, file->head_size);
	ret = begin_format(file);
	/* Where nothing of it could be unpacked, that it is empty would be no reason. */
	if (ret < 0) {
		snprintf(reason, size, "%.120s: %s", shown(file), why ? why : file->format.reason);
		return ret;
	}
	at = ret;
	while ((ret = format_next(&file->format, bytes, count, last, &at, &record)) == 1) {
		if (first && record.timed && record.link_type == FORMAT_LINK_ETHERNET) {
			file->lead_known = true;
			file->lead_ns = record.time_ns;
		}
		first = false;
		if (at > count)
			break;
	}
	file->blank = first && ret == 0 && last;
	if (ret == -EPROTOTYPE)
		snprintf(reason, size, "%.120s: %s", shown(file), file->format.reason);
	return ret == -EPROTOTYPE ? ret : 0;
}

/* What a file begins with, or a compressed one's content, as far as LOOK_BYTES; how much that is or
 * a negative errno. */
static ssize_t
begin_to_read(struct capture_file *file, uint8_t *bytes)
{
	ssize_t count = capture_bytes_start(file, bytes, LOOK_BYTES);

	if (count < 0 || !unpack_is_for(bytes, count)) {
		if (file->options.direct && count >= 0)
			file->direct = disk_open_direct(file->path, file->plain);
		return count;
	}
	file->unpack = capture_bytes_unpack(file, bytes, count);
	if (!file->unpack)
		return -ENOMEM;
	count = unpack_read(file->unpack, bytes, LOOK_BYTES, 0);
	file->size = count < LOOK_BYTES ? (uint64_t)count : CAPTURE_SIZE_UNKNOWN;
	return count;
}

static int
look(struct capture_file *file, char *reason, size_t size)
{
	uint8_t *bytes = malloc(LOOK_BYTES);
	ssize_t count = bytes ? begin_to_read(file, bytes) : -ENOMEM;
	int ret = count < 0 ? (int)count : 0;

	if (ret < 0)
		snprintf(reason, size, "%.120s: %s", shown(file), strerror(-ret));
	else
		ret = look_at(file, bytes, count, reason, size);
	free(bytes);
	format_end(&file->format);
	return ret;
}

int
capture_file_open(struct capture_file *file, const char *path,
		  const struct capture_options *options, char *reason, size_t size)
{
	const char *slash = strrchr(path, '/');
	int ret;

	*file = (struct capture_file){
		.path = path,
		.name = slash ? slash + 1 : path,
		.options = *options,
		.direct = -1,
		.plain = -1,
	};
	if (strcmp(path, "-") == 0)
		file->name = "standard input";
	ret = open_checked(file, reason, size);
	if (ret == 0 && !file->pipe)
		ret = look(file, reason, size);
	if (ret < 0)
		capture_file_close(file);
	return ret;
}

static void
close_descriptors(struct capture_file *file)
{
	if (file->direct >= 0)
		close(file->direct);
	if (file->plain >= 0)
		close(file->plain);
	file->direct = file->plain = -1;
}

void
capture_file_close(struct capture_file *file)
{
	format_end(&file->format);
	unpack_close(file->unpack);
	file->unpack = NULL;
	close_descriptors(file);
}

void
capture_file_rest(struct capture_file *file)
{
	if (!file->pipe)
		close_descriptors(file);
}

int
capture_file_wake(struct capture_file *file)
{
	struct stat status = {0};
	int ret;

	if (file->plain >= 0)
		return 0;
	ret = open_plain(file, &status);
	if (ret < 0)
		return ret;
	if (status.st_dev != file->identity.device || status.st_ino != file->identity.inode ||
	    (uint64_t)status.st_size < (uint64_t)file->identity.size) {
		close_descriptors(file);
		return -ENODATA;
	}
	if (file->options.direct && !file->unpack)
		file->direct = disk_open_direct(file->path, file->plain);
	return 0;
}

/* Of a pipe nobody knows what it is before it brings something. */
static int
begin_pipe(struct capture_file *file)
{
	ssize_t count = capture_bytes_start(file, file->first, sizeof(file->first));

	if (count < 0)
		return capture_file_unreadable(file, (int)count);
	file->first_size = count;
	file->unpack = capture_bytes_unpack(file, file->first, count);
	if (!file->unpack)
		return capture_file_unreadable(file, -ENOMEM);
	while (file->head_size < FORMAT_HEAD && !unpack_ended(file->unpack)) {
		file->head_size += unpack_read(file->unpack, file->head + file->head_size,
					       FORMAT_HEAD - file->head_size, file->head_size);
		/* The header, and a few records to know it by, if they came with it. */
		if (file->options.live && file->head_size >= 64)
			break;
	}
	return 0;
}

int
capture_file_begin(struct capture_file *file)
{
	int ret = capture_file_is_waiting(file) ? begin_pipe(file) : 0;

	if (ret < 0)
		return ret;
	format_end(&file->format);
	file->records = 0;
	file->time_ns = file->raw_ns = 0;
	file->begun = false;
	file->cut = false;
	ret = begin_format(file);
	if (ret < 0) {
		const char *why = capture_file_cut_off(file);

		snprintf(file->reason, sizeof(file->reason), "%.120s: %s", shown(file),
			 why ? why : file->format.reason);
		return ret;
	}
	file->position = ret;
	file->passed_bytes = ret;
	return 0;
}

ssize_t
capture_file_read(struct capture_file *file, void *bytes, size_t size, uint64_t offset, bool *last)
{
	ssize_t count;

	if (file->unpack) {
		count = (ssize_t)unpack_read(file->unpack, bytes, size, offset);
		*last = unpack_ended(file->unpack);
		if (*last)
			file->size = unpack_position(file->unpack);
		return count;
	}
	count = capture_bytes_read(file, bytes, size, offset);
	*last = count >= 0 && (size_t)count < size;
	return count;
}
