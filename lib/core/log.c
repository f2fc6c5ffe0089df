/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/spool.h"
#include "core/stamp.h"
#include "core/text.h"

#include "core/banned.h"

#define LINE_MAX_BYTES SPOOL_LINE

static const struct {
	const char *word;
	char priority; /* syslog's, as sd-daemon(3) has it in front of a line */
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", '3'},
	[LOG_LEVEL_WARNING] = {"warning", '4'},
	[LOG_LEVEL_INFO] = {"info", '6'},
	[LOG_LEVEL_DEBUG] = {"debug", '7'},
};

#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static _Atomic int current = LOG_LEVEL_WARNING;
static _Atomic bool to_journal, timed;
static _Thread_local char last_error[LINE_MAX_BYTES];

/* systemd.exec(5): $JOURNAL_STREAM is DEVICE:INODE of the stream that the journal reads. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat stat;
	char *end;

	if (!stream)
		return false;
	device = strtoull(stream, &end, 10);
	if (end == stream || *end != ':')
		return false;
	stream = end + 1;
	inode = strtoull(stream, &end, 10);
	return end != stream && *end == '\0' && fstat(STDERR_FILENO, &stat) == 0 &&
	       stat.st_dev == device && stat.st_ino == inode;
}

void
log_open(enum log_level level)
{
	log_set_level(level);
	to_journal = stderr_is_journal();
}

void
log_set_level(enum log_level level)
{
	current = level;
}

enum log_level
log_get_level(void)
{
	return current;
}

bool
log_level_parse(const char *word, enum log_level *level)
{
	for (size_t i = 0; i < LEVELS; i++) {
		if (strcmp(levels[i].word, word) == 0) {
			*level = i;
			return true;
		}
	}
	return false;
}

static size_t
put_prefix(char *line, enum log_level level)
{
	struct timespec now = {0};

	if (to_journal) {
		snprintf(line, LINE_MAX_BYTES, "<%c>", levels[level].priority);
		return strlen(line);
	}
	if (timed)
		clock_gettime(CLOCK_REALTIME, &now);
	snprintf(line, LINE_MAX_BYTES, "%s%s%s: %s: ", timed ? stamp_of(&now).text : "",
		 timed ? " " : "", program_invocation_short_name, levels[level].word);
	return strlen(line);
}

static size_t
end_line(char *line)
{
	size_t used = strlen(line);

	if (used == LINE_MAX_BYTES - 1)
		used--;
	line[used++] = '\n';
	return used;
}

static size_t
notice_of_loss(char *line, uint64_t lost)
{
	size_t used = put_prefix(line, LOG_LEVEL_WARNING);

	snprintf(line + used, LINE_MAX_BYTES - used,
		 "%" PRIu64 " line%s lost here, as nobody read the log in time", lost,
		 lost == 1 ? "" : "s");
	return end_line(line);
}

void
log_unblock(void)
{
	timed = true;
	spool_open(STDERR_FILENO, notice_of_loss);
}

void
log_at(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;
	size_t used;
	int length;

	if ((int)level > current)
		return;
	used = put_prefix(line, level);
	va_start(args, format);
	length = vsnprintf(line + used, sizeof(line) - used, format, args);
	va_end(args);
	if (length < 0)
		return;
	/* Words from outside must not begin a line of their own, nor command a terminal. */
	text_clean(line + used);
	if (level == LOG_LEVEL_ERROR)
		snprintf(last_error, sizeof(last_error), "%s", line + used);
	/* Whole, so that threads' lines do not mix. */
	used = end_line(line);
	if (!spool_put(line, used))
		spool_write(STDERR_FILENO, line, used);
}

const char *
log_last_error(void)
{
	return last_error;
}

void
log_forget_error(void)
{
	last_error[0] = '\0';
}

int
log_fail(int err, const char *format, ...)
{
	char message[LINE_MAX_BYTES / 2];
	va_list args;

	err = err < 0 ? -err : err;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_error("%s: %s", message, strerror(err));
	return -err;
}
