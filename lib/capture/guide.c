/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture/guide.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/bytes.h"
#include "core/log.h"
#include "core/opener.h"

#include "core/banned.h"

/* Of an index: enough for 4 TiB in blocks of 1 MiB. */
#define BYTES_MAX (INT64_C(256) << 20)
#define TAIL_MAX (64u << 10)

static ssize_t
read_whole(int fd, uint8_t *bytes, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t count = pread(fd, bytes + got, size - got, (off_t)got);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			break;
		got += (size_t)count;
	}
	return (ssize_t)got;
}

/* The bytes of an index, and how many; or a negative errno. */
static ssize_t
load(struct guide *guide, const char *capture)
{
	struct stat status;
	char path[PATH_MAX];
	ssize_t ret;
	int fd;

	if (!index_name(capture, path, sizeof(path)))
		return -ENAMETOOLONG;
	fd = opener_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, OPENER_PATIENCE_MS);
	if (fd < 0)
		return -errno;
	ret = fstat(fd, &status) < 0 ? -errno : 0;
	if (ret == 0 && !S_ISREG(status.st_mode))
		ret = -EINVAL;
	else if (ret == 0 && status.st_size > BYTES_MAX)
		ret = -EFBIG;
	if (ret == 0) {
		guide->bytes = malloc((size_t)status.st_size + 1);
		ret = guide->bytes ? read_whole(fd, guide->bytes, (size_t)status.st_size) : -ENOMEM;
	}
	close(fd);
	return ret;
}

/* What a reader must have passed over before it goes on behind a row. */
static int
take_head(struct capture_file *file, const uint8_t *head, uint32_t size)
{
	struct format_record record;
	size_t at;
	int ret = capture_file_begin(file);

	if (ret < 0)
		return ret;
	at = file->position;
	ret = at <= size ? format_next(&file->format, head, size, false, &at, &record) : 1;
	return ret == 0 && at == size ? 0 : -EBADMSG;
}

static const char *
check_head(struct guide *guide, struct capture_file *file)
{
	uint32_t size = guide->index.head;

	guide->head = malloc(size + 1);
	if (!guide->head)
		return strerror(ENOMEM);
	if (capture_bytes_read(file, guide->head, size, 0) != (ssize_t)size ||
	    !index_has_head(&guide->index, guide->head) || take_head(file, guide->head, size) < 0)
		return "it is another capture's";
	return NULL;
}

static bool
is_sealed(const struct guide *guide, struct capture_file *file, uint64_t number)
{
	uint64_t end = index_row(&guide->index, number).end;
	size_t size = end < INDEX_SEAL_MAX ? end : INDEX_SEAL_MAX;
	uint8_t bytes[INDEX_SEAL_MAX];

	return end <= file->size &&
	       capture_bytes_read(file, bytes, size, end - size) == (ssize_t)size &&
	       index_is_sealed(&guide->index, number, bytes, size);
}

/* Keeps the rows that the capture's seals vouch for, as each does for all before it. The last one
 * mostly does; behind a crash blocks may be missing that have rows. */
static const char *
check_rows(struct guide *guide, struct capture_file *file)
{
	uint64_t good = 0, bad = guide->index.count, number = bad - 1;

	while (good < bad) {
		if (is_sealed(guide, file, number))
			good = number + 1;
		else
			bad = number;
		number = good + (bad - good) / 2;
	}
	guide->index.count = good;
	return good ? NULL : "it says of no block what the capture does";
}

/* Whether nothing but statistics, which are not many, lies behind the last row. */
static bool
is_whole(const struct guide *guide, struct capture_file *file)
{
	uint64_t end = index_row(&guide->index, guide->index.count - 1).end;
	struct format_record record;
	ssize_t size = -1;
	uint8_t *bytes = malloc(TAIL_MAX);
	size_t at = 0;
	int ret = -EBADMSG;

	if (bytes && file->size - end < TAIL_MAX)
		size = capture_bytes_read(file, bytes, TAIL_MAX, end);
	if (size >= 0 && take_head(file, guide->head, guide->index.head) == 0)
		ret = format_next(&file->format, bytes, (size_t)size, true, &at, &record);
	free(bytes);
	return ret == 0;
}

static const char *
check(struct guide *guide, struct capture_file *file, size_t size)
{
	const char *why;

	if (index_parse(&guide->index, guide->bytes, size, &why) < 0)
		return why;
	why = check_head(guide, file);
	if (!why && guide->index.count)
		why = check_rows(guide, file);
	guide->whole = !why && guide->index.count && is_whole(guide, file);
	return why;
}

bool
guide_find(struct guide *guide, struct capture_file *file)
{
	const char *why = NULL;
	bool rested = file->plain < 0;
	ssize_t size;

	if (guide->looked)
		return guide->index.count;
	guide->looked = true;
	if (file->unpack || file->pipe || capture_file_wake(file) < 0)
		return false;
	size = load(guide, file->path);
	if (size >= 0)
		why = check(guide, file, (size_t)size);
	else if (size != -ENOENT)
		why = strerror((int)-size);
	if (why)
		log_warning("%s: its index is not used: %s", file->name, why);
	if (why || size < 0)
		guide_free(guide);
	guide->looked = true;
	if (rested)
		capture_file_rest(file);
	return guide->index.count;
}

void
guide_free(struct guide *guide)
{
	free(guide->bytes);
	free(guide->head);
	*guide = (struct guide){0};
}

int
guide_go(const struct guide *guide, struct capture_file *file, uint64_t rows)
{
	struct index_row row;
	int ret;

	if (rows == 0)
		return capture_file_begin(file);
	ret = take_head(file, guide->head, guide->index.head);
	if (ret < 0)
		return capture_file_unreadable(file, ret);
	row = index_row(&guide->index, rows - 1);
	file->records = row.packets;
	file->begun = row.packets > 0;
	file->time_ns = row.line_ns;
	file->raw_ns = row.raw_ns;
	file->position = row.end;
	file->passed_bytes = 0;
	return 0;
}
