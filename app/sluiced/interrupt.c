/* SPDX-License-Identifier: BSD-3-Clause */
#include "interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/log.h"

#include "core/banned.h"

#define SIGNAL_CODE 128 /* what a shell adds to the number */

/* As if the signal had never been blocked. */
static void
die(int number)
{
	sigset_t set;

	log_info("%s before the ports were up: ended", number == SIGTERM ? "SIGTERM" : "SIGINT");
	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
	_exit(SIGNAL_CODE + number);
}

static void *
watch(void *argument)
{
	const struct interrupt *interrupt = argument;
	struct pollfd events[] = {{.fd = interrupt->end, .events = POLLIN},
				  {.fd = interrupt->signals, .events = POLLIN}};
	struct signalfd_siginfo signal;

	pthread_setname_np(pthread_self(), "sluiced-start");
	for (;;) {
		if (poll(events, 2, -1) < 0 && errno != EINTR)
			return NULL;
		/* First: once the daemon runs the signal is not for this thread. */
		if (events[0].revents)
			return NULL;
		if (events[1].revents &&
		    read(interrupt->signals, &signal, sizeof(signal)) == sizeof(signal))
			die((int)signal.ssi_signo);
	}
}

static void
close_all(struct interrupt *interrupt)
{
	if (interrupt->signals >= 0)
		close(interrupt->signals);
	if (interrupt->end >= 0)
		close(interrupt->end);
}

void
interrupt_watch(struct interrupt *interrupt)
{
	sigset_t set;
	int err = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	interrupt->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	interrupt->end = eventfd(0, EFD_CLOEXEC);
	if (interrupt->signals < 0 || interrupt->end < 0)
		err = errno;
	else
		err = pthread_create(&interrupt->thread, NULL, watch, interrupt);
	interrupt->watching = err == 0;
	if (err == 0)
		return;
	log_fail(err, "signals at the start");
	close_all(interrupt);
}

void
interrupt_end(struct interrupt *interrupt)
{
	if (!interrupt->watching)
		return;
	eventfd_write(interrupt->end, 1);
	pthread_join(interrupt->thread, NULL);
	close_all(interrupt);
}
