/* SPDX-License-Identifier: BSD-3-Clause */
#include "ending.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/log.h"
#include "core/now.h"
#include "core/spool.h"
#include "sluiced.h"

#include "core/banned.h"

#define SIGNAL_CODE 128 /* what a shell adds to the number */
#define MS UINT64_C(1000000)
/* What nobody has read until then is lost with the process. */
#define LAST_WORDS_NS (200 * MS)

enum phase { STARTING, SERVING, STOPPING, DRAINING, CLEANING };

/* A phase is over in less, or what it is at does not return. That the first and the last are no
 * more than 2 s together is a promise to users; the drain between them waits 2 s at most for
 * packets, and the rest of its time is for devices that are slow to close. */
static const struct {
	uint64_t patience_ns; /* 0: it has no end */
	enum log_level level;
	const char *stuck;
} phases[] = {
	[STARTING] = {0, LOG_LEVEL_INFO, ""},
	[SERVING] = {0, LOG_LEVEL_INFO, ""},
	[STOPPING] = {1800 * MS, LOG_LEVEL_ERROR,
		      "the control thread does not come to its end: ended without a drain"},
	[DRAINING] = {8000 * MS, LOG_LEVEL_ERROR,
		      "a device or a worker does not come to its end: ended without it"},
	[CLEANING] = {1000 * MS, LOG_LEVEL_INFO,
		      "ended; what still ran, or was still to be freed, is left to the kernel"},
};

static struct {
	pthread_mutex_t mutex; /* of all that follows */
	int signals, changed;
	enum phase phase;
	uint64_t deadline_ns; /* 0: none */
	struct control *control;
	int exit_code;
} ending = {.mutex = PTHREAD_MUTEX_INITIALIZER, .exit_code = EXIT_FAILED};

static const char *
name_of(int number)
{
	return number == SIGTERM ? "SIGTERM" : "SIGINT";
}

/* As if the signal had never been blocked. */
static void
die(int number)
{
	sigset_t set;

	log_info("%s before the ports were up: ended", name_of(number));
	if (ending.control)
		control_abandon(ending.control);
	spool_flush(LAST_WORDS_NS);
	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
	_exit(SIGNAL_CODE + number);
}

static void
give_up(void)
{
	log_at(phases[ending.phase].level, "%s", phases[ending.phase].stuck);
	if (ending.control)
		control_abandon(ending.control);
	spool_flush(LAST_WORDS_NS);
	_exit(ending.exit_code);
}

static void
enter(enum phase phase)
{
	uint64_t patience = phases[phase].patience_ns;

	ending.phase = phase;
	ending.deadline_ns = patience ? now_ns() + patience : 0;
	eventfd_write(ending.changed, 1);
}

static void
obey(int number)
{
	if (ending.phase == STARTING)
		die(number);
	if (ending.phase != SERVING)
		return;
	enter(STOPPING);
	control_stop(ending.control);
	log_info("%s: draining", name_of(number));
}

/* How long to wait for the next event, as poll(2) has it. */
static int
patience(void)
{
	uint64_t now = now_ns();

	if (ending.deadline_ns == 0)
		return -1;
	return ending.deadline_ns > now ? (int)((ending.deadline_ns - now) / MS) + 1 : 0;
}

static void *
watch(void *argument)
{
	struct pollfd events[] = {{.fd = ending.changed, .events = POLLIN},
				  {.fd = ending.signals, .events = POLLIN}};

	(void)argument;
	pthread_mutex_lock(&ending.mutex);
	for (;;) {
		int timeout = patience();
		struct signalfd_siginfo signal;
		eventfd_t count;

		if (timeout == 0)
			give_up();
		/* By itself: only so does it need no file in /proc, where the sandbox lets nobody
		 * write. */
		pthread_setname_np(pthread_self(),
				   ending.phase == STARTING ? "sluiced-start" : "sluiced-end");
		pthread_mutex_unlock(&ending.mutex);
		poll(events, 2, timeout);
		pthread_mutex_lock(&ending.mutex);
		eventfd_read(ending.changed, &count);
		if (read(ending.signals, &signal, sizeof(signal)) == sizeof(signal))
			obey((int)signal.ssi_signo);
	}
	return NULL;
}

void
ending_begin(struct control *control)
{
	pthread_t thread;
	sigset_t set;
	int err;

	ending.control = control;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	ending.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	ending.changed = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ending.signals < 0 || ending.changed < 0) {
		log_fail(errno, "signals");
		return;
	}
	err = pthread_create(&thread, NULL, watch, NULL);
	if (err)
		log_fail(err, "signals");
	else
		pthread_detach(thread);
}

static void
change(enum phase phase)
{
	pthread_mutex_lock(&ending.mutex);
	enter(phase);
	pthread_mutex_unlock(&ending.mutex);
}

void
ending_serve(void)
{
	change(SERVING);
}

void
ending_drain(void)
{
	change(DRAINING);
}

void
ending_clean(int exit_code)
{
	pthread_mutex_lock(&ending.mutex);
	ending.exit_code = exit_code;
	enter(CLEANING);
	pthread_mutex_unlock(&ending.mutex);
}

void
ending_forget_control(void)
{
	pthread_mutex_lock(&ending.mutex);
	ending.control = NULL;
	pthread_mutex_unlock(&ending.mutex);
}
