/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/now.h"
#include "core/pass.h"

#include "core/banned.h"

#define MODE 0666
#define NS_PER_MS 1000000
#define NS_PER_S 1000000000

static struct {
	pthread_mutex_t mutex; /* of all that follows */
	int socket;            /* -1: there is nobody to ask */
	uint32_t number;       /* of the last question */
} opener = {.mutex = PTHREAD_MUTEX_INITIALIZER, .socket = -1};

void
opener_use(int socket)
{
	pthread_mutex_lock(&opener.mutex);
	opener.socket = socket;
	pthread_mutex_unlock(&opener.mutex);
}

/* Once it has ended there is none. */
static void
forget(void)
{
	log_warning("the opener has ended: until a restart, `config apply` takes only files that "
		    "the sandbox leaves to the daemon itself");
	close(opener.socket);
	opener.socket = -1;
}

static bool
is_there(void)
{
	struct pollfd end = {.fd = opener.socket};

	if (opener.socket >= 0 && poll(&end, 1, 0) > 0 && (end.revents & (POLLHUP | POLLERR)))
		forget();
	return opener.socket >= 0;
}

bool
opener_is_there(void)
{
	bool there = true;

	/* Who has it is told of its end there. */
	if (pthread_mutex_trylock(&opener.mutex) != 0)
		return there;
	there = is_there();
	pthread_mutex_unlock(&opener.mutex);
	return there;
}

/* The next answer before the deadline, and its descriptor or -1. False: there is none, and errno
 * says why. */
static bool
receive(uint64_t deadline, struct opener_answer *answer, int *fd)
{
	struct pollfd ready = {.fd = opener.socket, .events = POLLIN};
	uint64_t now = now_ns();
	int left = now < deadline ? (int)((deadline - now) / NS_PER_MS) + 1 : 0;
	ssize_t got;

	*fd = -1;
	if (poll(&ready, 1, left) == 0) {
		errno = ETIMEDOUT;
		return false;
	}
	got = pass_receive(opener.socket, answer, sizeof(*answer), MSG_DONTWAIT, fd);
	if (got == 0)
		errno = EPIPE;
	return got == sizeof(*answer);
}

/* Until the answer is that to this question: one that came too late for its own is let go. */
static int
await(uint32_t number, uint64_t deadline)
{
	struct opener_answer answer = {0};
	int fd = -1;

	for (;;) {
		if (!receive(deadline, &answer, &fd)) {
			if (errno != EINTR && errno != EAGAIN)
				return -1;
		} else if (answer.number == number) {
			break;
		}
		if (fd >= 0)
			close(fd);
	}
	/* A descriptor that found no place in this process is lost on the way. */
	if (fd < 0)
		errno = answer.error ? answer.error : EMFILE;
	return fd;
}

static int
ask(struct opener_question *question, size_t size, uint64_t deadline)
{
	int fd = -1;

	question->number = ++opener.number;
	if (send(opener.socket, question, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		fd = await(question->number, deadline);
	/* It is still at an earlier one. */
	else if (errno == EAGAIN)
		errno = ETIMEDOUT;
	if (fd < 0 && (errno == EPIPE || errno == ECONNRESET)) {
		forget();
		errno = EACCES;
	}
	return fd;
}

static int
ask_outside(enum opener_act act, const char *path, int flags, unsigned patience_ms)
{
	struct opener_question question = {.act = act, .flags = flags};
	uint64_t deadline = now_ns() + (uint64_t)patience_ms * NS_PER_MS;
	const struct timespec until = {.tv_sec = (time_t)(deadline / NS_PER_S),
				       .tv_nsec = (long)(deadline % NS_PER_S)};
	size_t length = strlen(path);
	int fd = -1, err;

	if (length >= sizeof(question.path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(question.path, path, length);
	err = pthread_mutex_clocklock(&opener.mutex, CLOCK_MONOTONIC, &until);
	if (err != 0) {
		errno = err;
		return -1;
	}
	errno = EACCES;
	if (opener.socket >= 0)
		fd = ask(&question, offsetof(struct opener_question, path) + length + 1, deadline);
	err = errno;
	pthread_mutex_unlock(&opener.mutex);
	errno = err;
	return fd;
}

int
opener_open(const char *path, int flags, unsigned patience_ms)
{
	int fd = open(path, flags, MODE);

	return fd < 0 && errno == EACCES ? ask_outside(OPENER_OPEN, path, flags, patience_ms) : fd;
}

/* Here the file ends, of one that was removed its bytes too, which takes a disk a while: nobody
 * else's question waits for that. */
static int
do_outside(enum opener_act act, const char *path, unsigned patience_ms)
{
	int fd = ask_outside(act, path, 0, patience_ms);

	return fd < 0 ? -1 : close(fd);
}

int
opener_complete(const char *part, const char *whole, unsigned patience_ms)
{
	int ret = rename(part, whole);

	return ret < 0 && errno == EACCES ? do_outside(OPENER_COMPLETE, part, patience_ms) : ret;
}

int
opener_remove(const char *path, unsigned patience_ms)
{
	int ret = unlink(path);

	return ret < 0 && errno == EACCES ? do_outside(OPENER_REMOVE, path, patience_ms) : ret;
}
