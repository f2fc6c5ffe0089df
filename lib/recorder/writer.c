/* SPDX-License-Identifier: BSD-3-Clause */
/* The thread that puts a capture's packets into its store: cap-NAME. */
#include <errno.h>
#include <rte_mbuf.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "port/cut.h"
#include "recorder/house.h"

#include "core/banned.h"

/* While nothing comes; a ring holds what comes meanwhile. */
#define NAP_NS 200000
#define END_PATIENCE_MS 200

static void
put_batch(struct recorder *recorder, const struct recorder_batch *batch)
{
	const struct recorder_head *head = &batch->head;
	struct store_packet about = {
		.time_ns = head->time_ns, .slot = head->slot, .direction = STORE_INBOUND};

	for (unsigned i = 0; i < head->count; i++) {
		if (head->marked >> i & 1)
			store_trigger(recorder->store, about.time_ns);
		about.wire_length = packet_cut_length(batch->packets[i]);
		about.id = head->id ? head->id + batch->from[i] : 0;
		store_put(recorder->store, batch->packets[i], &about);
	}
	rte_pktmbuf_free_bulk((struct rte_mbuf **)(uintptr_t)batch->packets, head->count);
}

/* All that is there now, by time. Returns whether there was something. */
static bool
empty_rings(struct recorder *recorder)
{
	const unsigned workers = recorder->workers;
	uint64_t ends[CONFIG_WORKERS_MAX];
	struct recorder_batch batch;
	bool some = false;

	for (unsigned i = 0; i < workers; i++)
		ends[i] = atomic_load_explicit(&recorder->rings[i].put, memory_order_acquire);
	for (;;) {
		struct recorder_ring *oldest = NULL;
		uint64_t least = UINT64_MAX;

		for (unsigned i = 0; i < workers; i++) {
			uint64_t time = recorder_ring_time(&recorder->rings[i], ends[i]);

			if (time < least) {
				least = time;
				oldest = &recorder->rings[i];
			}
		}
		if (!oldest)
			return some;
		recorder_ring_take(oldest, &batch);
		put_batch(recorder, &batch);
		some = true;
	}
}

static uint64_t
wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Returns whether the end is asked for. */
static bool
take_orders(struct recorder *recorder)
{
	bool end;

	if (!atomic_load_explicit(&recorder->asked, memory_order_acquire))
		return false;
	pthread_mutex_lock(&recorder->lock);
	atomic_store(&recorder->asked, recorder->end);
	if (recorder->change && store_change(recorder->store, &recorder->terms,
					     recorder->interfaces, recorder->interface_count) < 0)
		log_error("capture %s: no memory for its terms; it goes on by those before",
			  recorder->name);
	if (recorder->rotate)
		store_rotate(recorder->store);
	if (recorder->trigger)
		store_trigger(recorder->store, wall_ns());
	recorder->change = recorder->rotate = recorder->trigger = false;
	end = recorder->end;
	pthread_mutex_unlock(&recorder->lock);
	return end;
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}

/* Until its program is used; or never is. */
static void
await_begin(struct recorder *recorder)
{
	bool waits = true;

	while (waits) {
		pthread_mutex_lock(&recorder->lock);
		waits = !recorder->begun && !recorder->end;
		pthread_mutex_unlock(&recorder->lock);
		if (waits)
			nap();
	}
}

static void *
writer_main(void *argument)
{
	struct recorder *recorder = argument;
	char name[16];

	snprintf(name, sizeof(name), "cap-%s", recorder->name);
	prctl(PR_SET_NAME, name);
	await_begin(recorder);
	for (;;) {
		bool end = take_orders(recorder), some = empty_rings(recorder);

		if (end && !some && store_end(recorder->store, END_PATIENCE_MS) == 0)
			break;
		store_tick(recorder->store, wall_ns(), now_ns());
		if (!some)
			nap();
	}
	recorder_retire(recorder);
	recorder_drop(recorder);
	return NULL;
}

int
recorder_start_writer(struct recorder *recorder)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int err;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	/* The daemon's signals are for its main thread. */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, &attributes, writer_main, recorder);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -err;
}
