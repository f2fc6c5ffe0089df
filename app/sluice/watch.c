/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "core/banned.h"

#define NS_PER_S 1000000000

static volatile sig_atomic_t ended;
static struct timespec next;

static void
end(int signal)
{
	ended = 1;
}

void
watch_begin(void)
{
	struct sigaction action = {.sa_handler = end}; /* no SA_RESTART: it has to wake a poll */

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
	clock_gettime(CLOCK_MONOTONIC, &next);
}

bool
watch_ended(void)
{
	return ended;
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

void
watch_sleep(double seconds)
{
	time_t whole = (time_t)seconds;
	struct timespec now;

	next.tv_sec += whole;
	next.tv_nsec += (long)((seconds - (double)whole) * NS_PER_S);
	if (next.tv_nsec >= NS_PER_S) {
		next.tv_nsec -= NS_PER_S;
		next.tv_sec++;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	/* The daemon was slower than asked for: no hurry to catch up. */
	if (is_before(&next, &now))
		next = now;
	while (!ended && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
		;
}
