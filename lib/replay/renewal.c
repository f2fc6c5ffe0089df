/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/renewal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "core/banned.h"

struct renewal {
	const struct config_replay *config;
	struct capture_names names; /* of the files */
	struct identity *seen;      /* and what they were */
	unsigned lanes;
	int numa, news;
	bool used; /* packets were sent of them */
	pthread_t thread;
	/* Until it takes memory nobody has to wait for it. */
	_Atomic enum phase { LOOKING, TAKING, OVER, GIVEN_UP } phase;
	int error;
	struct reader *reader;
	char reason[256];
};

static void
renewal_free(struct renewal *renewal)
{
	free(renewal->seen);
	capture_names_free(&renewal->names);
	free(renewal);
}

/* 1: as it was; 0; or a negative errno. What a pipe brings comes once: it stays open until that was
 * sent. */
static int
look_at(struct renewal *renewal, const char *name, const struct identity *seen)
{
	if (strcmp(name, "-") == 0)
		return 1;
	if (seen->pipe)
		return !renewal->used;
	return identity_holds(name, seen, renewal->reason, sizeof(renewal->reason));
}

/* 1: as they were; 0; or a negative errno. */
static int
look(struct renewal *renewal)
{
	struct capture_names now;
	int same = capture_names_find(&now, &renewal->config->in, renewal->reason,
				      sizeof(renewal->reason));

	if (same < 0)
		return same;
	same = now.count == renewal->names.count;
	for (unsigned i = 0; i < now.count && same > 0; i++)
		same = strcmp(now.items[i], renewal->names.items[i]) == 0;
	for (unsigned i = 0; i < now.count && same > 0; i++) {
		int ret = look_at(renewal, now.items[i], &renewal->seen[i]);

		same = ret <= 0 ? ret : same;
	}
	capture_names_free(&now);
	return same;
}

static void *
renew(void *argument)
{
	struct renewal *renewal = argument;
	enum phase phase = LOOKING;

	renewal->error = look(renewal);
	if (renewal->error == 0)
		renewal->error = reader_find(renewal->config, &renewal->reader, renewal->reason,
					     sizeof(renewal->reason));
	if (!atomic_compare_exchange_strong(&renewal->phase, &phase, TAKING)) {
		reader_close(renewal->reader);
		renewal_free(renewal);
		return NULL;
	}
	if (renewal->reader) {
		renewal->error =
			reader_make(renewal->reader, renewal->lanes, renewal->numa, renewal->news,
				    renewal->reason, sizeof(renewal->reason));
		if (renewal->error < 0)
			renewal->reader = NULL;
	}
	atomic_store_explicit(&renewal->phase, OVER, memory_order_release);
	if (renewal->news >= 0)
		eventfd_write(renewal->news, 1);
	return NULL;
}

struct renewal *
renewal_begin(const struct config_replay *config, const struct reader *reader, unsigned lanes,
	      int numa, int news, bool used)
{
	struct renewal *renewal = calloc(1, sizeof(*renewal));
	sigset_t all, before;
	int err;

	if (!renewal)
		return NULL;
	renewal->config = config;
	renewal->lanes = lanes;
	renewal->numa = numa;
	renewal->news = news;
	renewal->used = used;
	renewal->seen = reader_identities(reader, &renewal->names);
	if (!renewal->seen)
		goto failed;
	/* The daemon's signals are for its main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&renewal->thread, NULL, renew, renewal);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		goto failed;
	return renewal;

failed:
	renewal_free(renewal);
	return NULL;
}

bool
renewal_is_over(const struct renewal *renewal)
{
	return atomic_load_explicit(&((struct renewal *)renewal)->phase, memory_order_acquire) ==
	       OVER;
}

int
renewal_end(struct renewal *renewal, struct reader **out, char *reason, size_t size)
{
	int error = renewal->error;

	pthread_join(renewal->thread, NULL);
	*out = renewal->reader;
	if (error < 0)
		snprintf(reason, size, "%s", renewal->reason);
	renewal_free(renewal);
	return error < 0 ? error : 0;
}

bool
renewal_give_up(struct renewal *renewal)
{
	enum phase phase = LOOKING;
	pthread_t thread = renewal->thread;

	/* From then on it frees itself. */
	if (!atomic_compare_exchange_strong(&renewal->phase, &phase, GIVEN_UP))
		return false;
	pthread_detach(thread);
	return true;
}
