/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/spool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/now.h"

#include "core/banned.h"

/* Some thousand lines: more than any start or end writes. */
#define ROOM (256u << 10)
/* What a line takes to be written by another thread on a machine that is busy, a few times over. */
#define MOMENT_NS 20000000

static struct {
	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t filled, written_some;
	bool open, begun;
	bool late; /* the thread did not write in time: until it has, nobody waits for it */
	int fd;
	spool_notice notice;
	pthread_t thread;
	size_t first, used;      /* in bytes, which begin anew behind their end */
	uint64_t taken, written; /* bytes in all */
	uint64_t lost;           /* lines since the last that was taken */
} spool = {.mutex = PTHREAD_MUTEX_INITIALIZER,
	   .filled = PTHREAD_COND_INITIALIZER,
	   .written_some = PTHREAD_COND_INITIALIZER};
static char bytes[ROOM]; /* of the lines that wait */

void
spool_write(int fd, const char *line, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, line, length);

		if (written < 0 && errno == EINTR)
			continue;
		/* Somebody else who has it too wants it so. */
		if (written < 0 && errno == EAGAIN) {
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
			continue;
		}
		/* Nobody is left to tell of a failure. */
		if (written <= 0)
			return;
		line += written;
		length -= written;
	}
}

/* A pipe that says so has room for a line. */
static bool
takes_a_line(void)
{
	return poll(&(struct pollfd){.fd = spool.fd, .events = POLLOUT}, 1, 0) > 0;
}

static void
append(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[(spool.first + spool.used + i) % ROOM] = line[i];
	spool.used += length;
	spool.taken += length;
}

static size_t
notice_of_loss(char *line)
{
	size_t length = spool.notice(line, spool.lost);

	spool.lost = 0;
	return length;
}

/* The first line that waits; what was lost behind the last. */
static size_t
take(char *line)
{
	size_t length = 0;

	if (spool.used == 0) {
		length = notice_of_loss(line);
		spool.taken += length;
		return length;
	}
	do {
		line[length] = bytes[(spool.first + length) % ROOM];
	} while (line[length++] != '\n' && length < spool.used && length < SPOOL_LINE);
	spool.first = (spool.first + length) % ROOM;
	spool.used -= length;
	return length;
}

static void *
run(void *argument)
{
	char line[SPOOL_LINE];

	(void)argument;
	pthread_setname_np(pthread_self(), "sluiced-log");
	pthread_mutex_lock(&spool.mutex);
	for (;;) {
		size_t length;

		while (spool.used == 0 && spool.lost == 0)
			pthread_cond_wait(&spool.filled, &spool.mutex);
		length = take(line);
		pthread_mutex_unlock(&spool.mutex);
		spool_write(spool.fd, line, length);
		pthread_mutex_lock(&spool.mutex);
		spool.written += length;
		if (spool.written == spool.taken)
			spool.late = false;
		pthread_cond_broadcast(&spool.written_some);
	}
	return NULL;
}

void
spool_open(int fd, spool_notice notice)
{
	pthread_mutex_lock(&spool.mutex);
	spool.fd = fd;
	spool.notice = notice;
	spool.open = true;
	pthread_mutex_unlock(&spool.mutex);
}

int
spool_begin(void)
{
	int err;

	pthread_mutex_lock(&spool.mutex);
	err = pthread_create(&spool.thread, NULL, run, NULL);
	spool.begun = err == 0;
	pthread_mutex_unlock(&spool.mutex);
	if (err == 0)
		pthread_detach(spool.thread);
	return -err;
}

void
spool_follow(void)
{
	cpu_set_t cores;

	if (spool.begun && pthread_getaffinity_np(pthread_self(), sizeof(cores), &cores) == 0)
		pthread_setaffinity_np(spool.thread, sizeof(cores), &cores);
}

/* Whether what was taken until then is written; before the deadline. */
static bool
await(uint64_t taken, uint64_t deadline)
{
	const struct timespec until = {.tv_sec = (time_t)(deadline / 1000000000),
				       .tv_nsec = (long)(deadline % 1000000000)};
	int err = 0;

	while (spool.written < taken && err != ETIMEDOUT)
		err = pthread_cond_clockwait(&spool.written_some, &spool.mutex, CLOCK_MONOTONIC,
					     &until);
	return spool.written >= taken;
}

static void
put(const char *line, size_t length)
{
	char notice[SPOOL_LINE];

	if (!spool.begun && spool.used == 0 && takes_a_line()) {
		spool_write(spool.fd, line, length);
		return;
	}
	/* Lines and what is said of those before them come in their order. */
	if (ROOM - spool.used < length + (spool.lost ? SPOOL_LINE : 0)) {
		spool.lost++;
		return;
	}
	if (spool.lost)
		append(notice, notice_of_loss(notice));
	append(line, length);
	pthread_cond_signal(&spool.filled);
	if (spool.begun && !spool.late)
		spool.late = !await(spool.taken, now_ns() + MOMENT_NS);
}

bool
spool_put(const char *line, size_t length)
{
	bool open;

	pthread_mutex_lock(&spool.mutex);
	open = spool.open;
	if (open)
		put(line, length);
	pthread_mutex_unlock(&spool.mutex);
	return open;
}

bool
spool_flush(uint64_t patience_ns)
{
	uint64_t deadline = now_ns() + patience_ns;
	char line[SPOOL_LINE];
	bool done;

	pthread_mutex_lock(&spool.mutex);
	while (!spool.begun && spool.used && takes_a_line())
		spool_write(spool.fd, line, take(line));
	done = spool.begun ? await(spool.taken, deadline) : spool.used == 0;
	pthread_mutex_unlock(&spool.mutex);
	return done;
}
