/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log: one line an event, to stderr or to journald.
 *
 * Any thread may log, but a worker never does while it polls: a log line is a system call.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Picks the sink (journald when stderr is its stream, see $JOURNAL_STREAM in systemd.exec(5), else
 * stderr) and the level. Called once by main; before it, warnings and errors go to stderr. */
void log_open(enum log_level level);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* For a program that serves: from here on nobody who logs waits for whoever reads stderr, see
 * spool.h, and lines say when they were written, where no journal does. */
void log_unblock(void);

/* "error", "warning", "info" or "debug" to a level; false when the word is none of them. */
bool log_level_parse(const char *word, enum log_level *level);

void log_at(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Logs "MESSAGE: strerror(err)" as an error and returns -err, so that a failing function can say
 * `return log_fail(ENOMEM, "pool %s", name)`. err is a positive or negative errno. */
int log_fail(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The last error that this thread logged since log_forget_error, or "": for whoever must answer
 * with the reason of a failure that was logged further down. */
const char *log_last_error(void);
void log_forget_error(void);

#endif
