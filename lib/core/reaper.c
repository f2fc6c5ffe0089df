/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/reaper.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/banned.h"

struct remains {
	void (*release)(void *what);
	void *what;
	struct remains *next;
};

static struct {
	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t changed;
	struct remains *first, **last;
	bool runs, busy;
} reaper = {.mutex = PTHREAD_MUTEX_INITIALIZER,
	    .changed = PTHREAD_COND_INITIALIZER,
	    .last = &reaper.first};

static void *
run(void *argument)
{
	(void)argument;
	pthread_setname_np(pthread_self(), "sluiced-free");
	pthread_mutex_lock(&reaper.mutex);
	for (;;) {
		struct remains *remains = reaper.first;

		reaper.busy = remains != NULL;
		if (!remains) {
			pthread_cond_broadcast(&reaper.changed);
			pthread_cond_wait(&reaper.changed, &reaper.mutex);
			continue;
		}
		reaper.first = remains->next;
		if (!reaper.first)
			reaper.last = &reaper.first;
		pthread_mutex_unlock(&reaper.mutex);
		remains->release(remains->what);
		free(remains);
		pthread_mutex_lock(&reaper.mutex);
	}
	return NULL;
}

/* By its first user, whose cores and signals it shares. */
static bool
begin(void)
{
	pthread_t thread;

	if (reaper.runs)
		return true;
	reaper.runs = pthread_create(&thread, NULL, run, NULL) == 0;
	if (reaper.runs)
		pthread_detach(thread);
	return reaper.runs;
}

static void
append(struct remains *remains)
{
	*reaper.last = remains;
	reaper.last = &remains->next;
	pthread_cond_broadcast(&reaper.changed);
}

void
reaper_take(void (*release)(void *what), void *what)
{
	struct remains *remains = malloc(sizeof(*remains));
	bool taken;

	if (!remains) {
		release(what);
		return;
	}
	*remains = (struct remains){release, what, NULL};
	pthread_mutex_lock(&reaper.mutex);
	taken = begin();
	if (taken)
		append(remains);
	pthread_mutex_unlock(&reaper.mutex);
	if (!taken) {
		free(remains);
		release(what);
	}
}

void
reaper_settle(void)
{
	pthread_mutex_lock(&reaper.mutex);
	while (reaper.first || reaper.busy)
		pthread_cond_wait(&reaper.changed, &reaper.mutex);
	pthread_mutex_unlock(&reaper.mutex);
}
