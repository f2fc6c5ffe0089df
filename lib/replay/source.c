/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/direct.h"
#include "replay/schedule.h"
#include "unpack/unpack.h"

#include "core/banned.h"

/* Bytes that are looked at before anything starts: a wrong link type and damage show early. */
#define LOOK_BYTES (64u << 10)
#define SHOWN_MAX 120

_Static_assert(WINDOW_TAIL >= FORMAT_UNIT_MAX, "what begins in a piece lies whole in its block");

/* What a message names the file by: a long path would leave no room for what is wrong. */
static const char *
shown(const struct source *source)
{
	return strlen(source->path) <= SHOWN_MAX ? source->path : source->name;
}

static int
open_both(struct source *source, char *reason, size_t size)
{
	struct window *window = &source->window;
	struct stat status;

	/* A FIFO would be waited for. */
	window->plain = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (window->plain < 0 || fstat(window->plain, &status) < 0) {
		int err = errno;

		snprintf(reason, size, "%.120s: %s", shown(source), strerror(err));
		return -err;
	}
	if (!S_ISREG(status.st_mode)) {
		snprintf(reason, size, "%.120s: is %s, not a file", shown(source),
			 S_ISDIR(status.st_mode)    ? "a directory"
			 : S_ISFIFO(status.st_mode) ? "a pipe"
						    : "a device");
		return -EINVAL;
	}
	window->size = status.st_size;
	source->identity = identity_of(&status);
	return 0;
}

static ssize_t
read_start(int fd, void *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = pread(fd, (uint8_t *)bytes + done, size - done, done);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0)
			break;
		done += count;
	}
	return done;
}

/* Why a compressed file's content ends before its end; or NULL. */
static const char *
cut_off(const struct source *source)
{
	return source->window.unpack ? unpack_reason(source->window.unpack) : NULL;
}

/* What a file begins with, or a compressed one's content, as far as LOOK_BYTES; how much that is or a negative errno. */
static ssize_t
begin_to_read(struct source *source, uint8_t *bytes)
{
	struct window *window = &source->window;
	ssize_t count = read_start(window->plain, bytes, LOOK_BYTES);

	if (count < 0 || !unpack_is_for(bytes, count)) {
		window->direct = disk_open_direct(source->path, window->plain);
		return count;
	}
	window->unpack = unpack_open(window->plain, bytes, count);
	if (!window->unpack)
		return -ENOMEM;
	count = unpack_read(window->unpack, bytes, LOOK_BYTES, 0);
	window->size = count < LOOK_BYTES ? (uint64_t)count : WINDOW_SIZE_UNKNOWN;
	return count;
}

static int
look_at(struct source *source, const uint8_t *bytes, size_t count, char *reason, size_t size)
{
	const char *why = cut_off(source);
	struct format format;
	struct format_record record;
	size_t at;
	int ret;

	source->head_size = count < FORMAT_HEAD ? count : FORMAT_HEAD;
	memcpy(source->head, bytes, source->head_size);
	ret = format_begin(&format, source->head, source->head_size);
	if (ret >= 0) {
		at = ret;
		ret = format_next(&format, bytes, count, count == source->window.size && !why, &at,
				  &record);
	}
	/* Where nothing of it could be unpacked, that it is empty would be no reason. */
	if (ret < 0)
		snprintf(reason, size, "%.120s: %s", shown(source), why ? why : format.reason);
	source->lead_known = ret == 1 && record.timed;
	format_end(&format);
	return ret < 0 ? ret : 0;
}

int
source_open(struct source *source, const char *path, char *reason, size_t size)
{
	const char *slash = strrchr(path, '/');
	uint8_t *bytes;
	ssize_t count;
	int ret;

	*source = (struct source){.path = path, .name = slash ? slash + 1 : path};
	source->window.direct = source->window.plain = -1;
	ret = open_both(source, reason, size);
	if (ret < 0)
		goto failed;
	bytes = malloc(LOOK_BYTES);
	count = bytes ? begin_to_read(source, bytes) : -ENOMEM;
	if (count < 0) {
		ret = count;
		snprintf(reason, size, "%.120s: %s", shown(source), strerror(-ret));
	} else {
		ret = look_at(source, bytes, count, reason, size);
	}
	free(bytes);
	if (ret < 0)
		goto failed;
	return 0;

failed:
	source_close(source);
	return ret;
}

void
source_close(struct source *source)
{
	window_close(&source->window);
	marks_close(&source->marks);
	format_end(&source->format);
	unpack_close(source->window.unpack);
	source->window.unpack = NULL;
	if (source->window.direct >= 0)
		close(source->window.direct);
	if (source->window.plain >= 0)
		close(source->window.plain);
	source->window.direct = source->window.plain = -1;
}

int
source_make_marks(struct source *source)
{
	return marks_open(&source->marks, source->window.unpack ? 0 : source->window.pieces);
}

int
source_rewind(struct source *source, const struct mark *mark)
{
	int ret;

	window_drop(&source->window);
	format_end(&source->format);
	source->piece = UINT64_MAX;
	source->records = mark ? mark->records : 0;
	source->time_ns = mark ? mark->time_ns : 0;
	source->raw_ns = mark ? mark->raw_ns : 0;
	if (mark) {
		ret = marks_format(&source->marks, mark, &source->format);
		source->position = mark->position;
		source->passed_bytes = 0;
		return ret;
	}
	ret = format_begin(&source->format, source->head, source->head_size);
	if (ret < 0)
		return ret;
	source->position = ret;
	source->passed_bytes = ret;
	return 0;
}

static void
set_mark(struct source *source, uint64_t piece)
{
	const struct mark mark = {
		.position = source->position,
		.records = source->records,
		.time_ns = source->time_ns,
		.raw_ns = source->raw_ns,
		.merged = source->merged,
		.merged_ns = source->merged_ns,
	};

	source->piece = piece;
	if (source->position && source->lead_known)
		marks_set(&source->marks, piece, &mark, &source->format);
}

/* Why a record can't be read, with its place. */
static int
broken(struct source *source, int error, uint64_t byte, const char *why)
{
	snprintf(source->reason, sizeof(source->reason),
		 "%.100s: record %" PRIu64 " at byte %" PRIu64 ": %s", source->name,
		 source->records + 1, byte, why);
	return error;
}

static int
unreadable(struct source *source, int error)
{
	if (error == -ENODATA)
		snprintf(
			source->reason, sizeof(source->reason),
			"%.100s: is shorter than it was when it was opened; start again when it no "
			"longer changes",
			source->name);
	else
		snprintf(source->reason, sizeof(source->reason), "%.100s: can't be read: %s",
			 source->name, strerror(-error));
	return error == -ENODATA ? -EIO : error;
}

/* Goes on behind what was looked at. */
static void
advance(struct source *source, size_t count)
{
	source->position += count;
	if (source->window.unpack)
		source->passed_bytes = unpack_taken(source->window.unpack);
	else
		source->passed_bytes += count;
}

/* The end of what there is. */
static int
at_end(struct source *source)
{
	const char *why = cut_off(source);

	return why ? broken(source, -EBADMSG, source->position, why) : 0;
}

/* Its time on the timeline, for the record at hand, which is counted already. */
static void
take_time(struct source *source)
{
	struct format_record *record = &source->record;
	bool first = source->records == 1;

	source->stepped = record->timed && !first && record->time_ns < source->raw_ns;
	if (first)
		source->time_ns = record->timed ? record->time_ns : source->lead_ns;
	else if (record->timed && !source->stepped)
		source->time_ns = schedule_later(source->time_ns, record->time_ns - source->raw_ns);
	if (record->timed)
		source->raw_ns = record->time_ns;
	else if (first)
		source->raw_ns = source->lead_ns;
	record->time_ns = source->time_ns;
}

int
source_find_lead(struct source *source)
{
	int ret = source_next(source);

	if (ret == 1 && source->record.timed)
		source->lead_ns = source->raw_ns;
	if (ret != -EAGAIN && !(ret == 1 && !source->record.timed))
		source->lead_known = true;
	return ret;
}

int
source_next(struct source *source)
{
	struct window *window = &source->window;

	for (;;) {
		uint64_t piece = source->position / WINDOW_STEP;
		size_t size, at, before;
		uint8_t *bytes;
		bool last;
		int ret;

		if (source->position == window->size)
			return at_end(source);
		/* Behind the end, when what is passed over is longer than the file: for format_next to say. */
		if (piece >= window->pieces)
			piece = window->pieces - 1;
		ret = window_go(window, piece);
		if (ret == -EAGAIN)
			return ret;
		if (ret < 0)
			return unreadable(source, ret);
		if (piece != source->piece)
			set_mark(source, piece);
		bytes = window->timeline->arena + window_block(window) * DISK_BLOCK_SIZE;
		size = window->loads[piece % WINDOW_DEPTH].length;
		last = piece == window->pieces - 1;
		at = before = source->position - piece * WINDOW_STEP;
		ret = format_next(&source->format, bytes, size, last && !cut_off(source), &at,
				  &source->record);
		advance(source, at - before);
		if (ret < 0)
			return broken(source, ret, source->position, source->format.reason);
		if (ret > 0) {
			source->record.offset += window_block(window) * DISK_BLOCK_SIZE;
			source->records++;
			take_time(source);
			return 1;
		}
		if (last)
			return at_end(source);
	}
}
