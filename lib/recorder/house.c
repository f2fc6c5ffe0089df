/* SPDX-License-Identifier: BSD-3-Clause */
#include "recorder/house.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/now.h"

#include "core/banned.h"

#define MS UINT64_C(1000000)
#define NAP_MS 2

struct house *
house_make(void)
{
	struct house *house = aligned_alloc(64, sizeof(*house));

	if (!house)
		return NULL;
	memset(house, 0, sizeof(*house));
	pthread_mutex_init(&house->lock, NULL);
	house->holders = 1;
	return house;
}

struct house *
house_hold(struct house *house)
{
	pthread_mutex_lock(&house->lock);
	house->holders++;
	pthread_mutex_unlock(&house->lock);
	return house;
}

void
house_drop(struct house *house)
{
	bool last;

	if (!house)
		return;
	pthread_mutex_lock(&house->lock);
	last = --house->holders == 0;
	pthread_mutex_unlock(&house->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&house->lock);
	free(house);
}

static bool
is_same(const struct recorder *recorder, const struct config_capture *capture)
{
	return strcmp(recorder->name, capture->name) == 0 &&
	       strcmp(recorder->directory, capture->directory) == 0 &&
	       recorder->memory == capture->memory && recorder->queue == capture->queue;
}

/* One that nobody uses any more has been told to end. */
struct recorder *
house_find(struct house *house, const struct config_capture *capture)
{
	struct recorder *recorder;

	pthread_mutex_lock(&house->lock);
	for (recorder = house->first; recorder; recorder = recorder->next) {
		if (recorder->users && is_same(recorder, capture))
			break;
	}
	if (recorder) {
		recorder->users++;
		recorder->holders++;
	}
	pthread_mutex_unlock(&house->lock);
	return recorder;
}

static struct recorder *
allocate(const struct config_capture *capture, const struct stage_env *env)
{
	unsigned workers = env->use == STAGE_LIVE ? env->workers : 0;
	size_t size = sizeof(struct recorder) + workers * sizeof(struct recorder_ring);
	struct recorder *recorder = aligned_alloc(64, RTE_ALIGN(size, 64));

	if (!recorder)
		return NULL;
	memset(recorder, 0, size);
	recorder->workers = workers;
	recorder->offline = env->use != STAGE_LIVE;
	recorder->memory = capture->memory;
	recorder->queue = capture->queue;
	recorder->holders = recorder->users = 1;
	recorder->name = strdup(capture->name);
	recorder->directory = strdup(capture->directory);
	pthread_mutex_init(&recorder->lock, NULL);
	return recorder;
}

static void
free_recorder(struct recorder *recorder)
{
	struct recorder_batch batch;

	for (unsigned i = 0; i < recorder->workers; i++) {
		struct recorder_ring *ring = &recorder->rings[i];

		while (recorder_ring_time(ring, atomic_load(&ring->put)) != UINT64_MAX) {
			recorder_ring_take(ring, &batch);
			rte_pktmbuf_free_bulk(batch.packets, batch.head.count);
		}
		recorder_ring_free(ring);
	}
	if (recorder->store)
		store_free(recorder->store);
	pthread_mutex_destroy(&recorder->lock);
	house_drop(recorder->house);
	free(recorder->name);
	free(recorder->directory);
	free(recorder);
}

static bool
make_rings(struct recorder *recorder)
{
	for (unsigned i = 0; i < recorder->workers; i++) {
		if (!recorder_ring_make(&recorder->rings[i], recorder->queue))
			return false;
	}
	return true;
}

/* Nobody else knows it yet. */
static int
start_writer(struct recorder *recorder)
{
	int ret;

	recorder->holders++;
	ret = recorder_start_writer(recorder);
	if (ret < 0)
		recorder->holders--;
	return ret;
}

int
recorder_make(struct house *house, const struct config_capture *capture,
	      const struct store_terms *terms, const struct store_interface *interfaces,
	      unsigned interface_count, const struct stage_env *env, struct recorder **out,
	      char *reason, size_t size)
{
	struct recorder *recorder = allocate(capture, env);
	int ret = -ENOMEM;

	snprintf(reason, size, "out of memory");
	if (!recorder)
		return ret;
	recorder->house = house_hold(house);
	if (recorder->name && recorder->directory && make_rings(recorder)) {
		struct store_setup setup = {.name = recorder->name,
					    .directory = recorder->directory,
					    .application = "sluiced",
					    .memory = recorder->memory,
					    .numa = -1,
					    .offline = recorder->offline,
					    .direct = true};

		ret = store_make(&setup, terms, interfaces, interface_count, &recorder->store,
				 reason, size);
	}
	if (ret < 0)
		recorder->store = NULL;
	else if (!recorder->offline && (ret = start_writer(recorder)) < 0)
		snprintf(reason, size, "no thread could be started: %s", strerror(-ret));
	if (ret < 0) {
		free_recorder(recorder);
		return ret;
	}
	pthread_mutex_lock(&house->lock);
	recorder->next = house->first;
	house->first = recorder;
	pthread_mutex_unlock(&house->lock);
	*out = recorder;
	return 0;
}

void
recorder_drop(struct recorder *recorder)
{
	struct house *house = recorder->house;
	bool last;

	pthread_mutex_lock(&house->lock);
	last = --recorder->holders == 0;
	pthread_mutex_unlock(&house->lock);
	if (last)
		free_recorder(recorder);
}

/* By the house's lock. */
static void
add_done(struct recorder *recorder, struct target_done *sum)
{
	static const enum drop_reason reasons[STORE_LOSSES] = {
		[STORE_FULL] = DROP_CAPTURE_FULL,
		[STORE_FAILED] = DROP_CAPTURE_FAILED,
		[STORE_PASSED] = DROP_CAPTURE_PASSED,
	};
	struct store_numbers numbers;

	store_numbers(recorder->store, &numbers);
	for (unsigned i = 0; i < STORE_SLOTS; i++) {
		const struct store_count *count = &numbers.slots[i];

		sum->ports[i].out += count->stored_packets;
		for (unsigned loss = 0; loss < STORE_LOSSES; loss++)
			sum->ports[i].drops[reasons[loss]] += count->lost_packets[loss];
		sum->copies[COPY_CAPTURE].packets += count->taken_packets;
		sum->copies[COPY_CAPTURE].bytes += count->taken_bytes;
	}
}

void
house_add_done(struct house *house, struct target_done *sum)
{
	pthread_mutex_lock(&house->lock);
	for (unsigned i = 0; i < CONFIG_PORTS_MAX; i++) {
		sum->ports[i].out += house->past.ports[i].out;
		for (unsigned reason = 0; reason < DROP_REASONS; reason++)
			sum->ports[i].drops[reason] += house->past.ports[i].drops[reason];
	}
	sum->copies[COPY_CAPTURE].packets += house->past.copies[COPY_CAPTURE].packets;
	sum->copies[COPY_CAPTURE].bytes += house->past.copies[COPY_CAPTURE].bytes;
	for (struct recorder *recorder = house->first; recorder; recorder = recorder->next)
		add_done(recorder, sum);
	pthread_mutex_unlock(&house->lock);
}

void
recorder_retire(struct recorder *recorder)
{
	struct house *house = recorder->house;

	pthread_mutex_lock(&house->lock);
	for (struct recorder **at = &house->first; *at; at = &(*at)->next) {
		if (*at != recorder)
			continue;
		*at = recorder->next;
		add_done(recorder, &house->past);
		break;
	}
	pthread_mutex_unlock(&house->lock);
	pthread_mutex_lock(&recorder->lock);
	recorder->ended = true;
	pthread_mutex_unlock(&recorder->lock);
}

void
recorder_begin(struct recorder *recorder, const struct store_terms *terms,
	       const struct store_interface *interfaces, unsigned count)
{
	pthread_mutex_lock(&recorder->lock);
	recorder->terms = *terms;
	memcpy(recorder->interfaces, interfaces, count * sizeof(*interfaces));
	recorder->interface_count = count;
	recorder->change = recorder->begun;
	recorder->begun = true;
	atomic_store_explicit(&recorder->asked, true, memory_order_release);
	pthread_mutex_unlock(&recorder->lock);
}

static void
end(struct recorder *recorder)
{
	if (!recorder->offline) {
		recorder_ask(recorder, RECORDER_END);
		return;
	}
	store_end(recorder->store, 0);
	recorder_retire(recorder);
}

void
recorder_ask(struct recorder *recorder, enum recorder_order order)
{
	pthread_mutex_lock(&recorder->lock);
	recorder->rotate |= order == RECORDER_ROTATE;
	recorder->trigger |= order == RECORDER_TRIGGER;
	recorder->end |= order == RECORDER_END;
	atomic_store_explicit(&recorder->asked, true, memory_order_release);
	pthread_mutex_unlock(&recorder->lock);
}

void
recorder_leave(struct recorder *recorder)
{
	bool last;

	pthread_mutex_lock(&recorder->house->lock);
	last = --recorder->users == 0;
	pthread_mutex_unlock(&recorder->house->lock);
	if (last)
		end(recorder);
	recorder_drop(recorder);
}

static bool
has_ended(struct recorder *recorder)
{
	bool ended;

	pthread_mutex_lock(&recorder->lock);
	ended = recorder->ended;
	pthread_mutex_unlock(&recorder->lock);
	return ended;
}

/* Those that have ended are no longer in the list. */
static bool
is_empty(struct house *house)
{
	bool empty;

	pthread_mutex_lock(&house->lock);
	empty = !house->first;
	pthread_mutex_unlock(&house->lock);
	return empty;
}

bool
house_drain(struct house *house, uint64_t until_ns)
{
	struct recorder *all[CONFIG_CAPTURES_MAX * 2];
	unsigned count = 0;

	pthread_mutex_lock(&house->lock);
	for (struct recorder *each = house->first; each && count < RTE_DIM(all);
	     each = each->next) {
		each->holders++;
		all[count++] = each;
	}
	pthread_mutex_unlock(&house->lock);
	for (unsigned i = 0; i < count; i++) {
		if (!has_ended(all[i]))
			end(all[i]);
		recorder_drop(all[i]);
	}
	while (!is_empty(house) && now_ns() < until_ns)
		nanosleep(&(struct timespec){.tv_nsec = NAP_MS * MS}, NULL);
	return is_empty(house);
}
