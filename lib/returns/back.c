/* SPDX-License-Identifier: BSD-3-Clause */
#include "returns/back.h"

#include <rte_malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/now.h"

#include "core/banned.h"

#define SENT_ROOM 8192
#define SCRATCH 65536
/* How long the thread sleeps when there was nothing: less than what a ring holds at 10 Mpps. */
#define NAP_NS 100000
/* What a packet that is held takes: in the matcher, in its tables and in kept. */
#define HELD_BYTES 128
#define THREAD_NAME_MAX 16

_Static_assert((int)CONFIG_DIFFERS_MAC == (int)MATCH_MAC &&
		       (int)CONFIG_DIFFERS_VLAN == (int)MATCH_VLAN &&
		       (int)CONFIG_DIFFERS_TTL == (int)MATCH_TTL &&
		       (int)CONFIG_DIFFERS_DSCP == (int)MATCH_DSCP &&
		       (int)CONFIG_DIFFERS_CHECKSUMS == (int)MATCH_CHECKSUMS &&
		       (int)CONFIG_DIFFERS_NAT == (int)MATCH_NAT,
	       "one set of bits");

struct back_books *
back_books_make(void)
{
	return calloc(1, sizeof(struct back_books));
}

struct back_books *
back_books_hold(struct back_books *books)
{
	atomic_fetch_add(&books->holders, 1);
	return books;
}

void
back_books_leave(struct back_books *books)
{
	if (books && atomic_fetch_sub(&books->holders, 1) == 0)
		free(books);
}

static const uint8_t *
bytes_of(void *context, uint64_t number, uint32_t loop, uint32_t *length)
{
	const struct back *back = context;

	return kept_find(&back->kept, number, length);
}

/* Offline, where nobody's thread reads the ring. */
static void
noted(struct handed *sent)
{
	back_round(sent->reader);
}

static bool
make_rings(struct back *back, int numa)
{
	for (unsigned i = 0; i < back->workers; i++) {
		back->sent[i] = handed_make(SENT_ROOM, numa);
		if (!back->sent[i])
			return false;
		if (!back->live) {
			back->sent[i]->noted = noted;
			back->sent[i]->reader = back;
			continue;
		}
		back->taken[i] = rte_zmalloc_socket("taken", sizeof(*back->taken[i]), 64, numa);
		if (!back->taken[i])
			return false;
	}
	return true;
}

/* The greatest power of two that is not more. */
static uint32_t
power_below(uint64_t count)
{
	return UINT32_C(1) << (63 - __builtin_clzll(count));
}

static bool
make_matcher(struct back *back)
{
	const struct config_return *config = &back->config;
	uint32_t held = power_below(config->memory / 2 / HELD_BYTES);
	const struct match_options options = {
		.manner = {.automatic = config->automatic, .ignoring = config->ignoring},
		.within_ns = config->within_ns,
		.held = held,
		.bytes = bytes_of,
		.context = back,
	};

	back->scratch = malloc(SCRATCH);
	back->match = match_new(&options);
	return back->scratch && back->match &&
	       kept_make(&back->kept, held, config->memory / 2) == 0;
}

/* Whoever asks gets the lock within a round. */
static void
make_way(struct back *back)
{
	pthread_mutex_unlock(&back->lock);
	while (atomic_load_explicit(&back->asks, memory_order_relaxed))
		nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
	pthread_mutex_lock(&back->lock);
}

static void *
run(void *argument)
{
	struct back *back = argument;
	char name[THREAD_NAME_MAX];
	unsigned count;

	snprintf(name, sizeof(name), "ret-%.11s", back->name);
	pthread_setname_np(pthread_self(), name);
	pthread_mutex_lock(&back->lock);
	do {
		bool ends = atomic_load_explicit(&back->ends, memory_order_acquire);

		count = back_round(back);
		make_way(back);
		if (count)
			continue;
		if (ends)
			break;
		pthread_mutex_unlock(&back->lock);
		nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
		pthread_mutex_lock(&back->lock);
	} while (true);
	match_end(back->match);
	atomic_store_explicit(&back->ended, true, memory_order_release);
	pthread_mutex_unlock(&back->lock);
	return NULL;
}

static void
unmake(struct back *back)
{
	if (back->has_thread) {
		atomic_store_explicit(&back->ends, true, memory_order_release);
		pthread_join(back->thread, NULL);
	}
	for (unsigned i = 0; i < back->workers; i++) {
		handed_free(back->sent[i]);
		rte_free(back->taken[i]);
	}
	match_free(back->match);
	kept_free(&back->kept);
	free(back->scratch);
	back_books_leave(back->books);
	pthread_mutex_destroy(&back->lock);
	free(back);
}

struct back *
back_make(const struct config *config, const struct config_return *wanted, struct back_books *books,
	  bool live, unsigned workers, int numa)
{
	struct back *back = calloc(1, sizeof(*back));

	if (!back)
		return NULL;
	snprintf(back->name, sizeof(back->name), "%s", wanted->name);
	snprintf(back->replay, sizeof(back->replay), "%s", config->replays[wanted->replay].name);
	back->config = *wanted;
	back->live = live;
	back->workers = workers;
	back->books = back_books_hold(books);
	pthread_mutex_init(&back->lock, NULL);
	if (make_rings(back, numa) && make_matcher(back)) {
		back->has_thread = live && pthread_create(&back->thread, NULL, run, back) == 0;
		if (back->has_thread == live)
			return back;
	}
	unmake(back);
	return NULL;
}

struct back *
back_hold(struct back *back)
{
	atomic_fetch_add(&back->holders, 1);
	return back;
}

void
back_leave(struct back *back)
{
	if (back && atomic_fetch_sub(&back->holders, 1) == 0)
		unmake(back);
}

bool
back_serves(const struct back *back, const struct config *config,
	    const struct config_return *wanted)
{
	return strcmp(back->name, wanted->name) == 0 &&
	       strcmp(back->replay, config->replays[wanted->replay].name) == 0 &&
	       back->config.automatic == wanted->automatic &&
	       back->config.ignoring == wanted->ignoring &&
	       back->config.within_ns == wanted->within_ns && back->config.memory == wanted->memory;
}

void
back_lock(struct back *back)
{
	atomic_fetch_add(&back->asks, 1);
	pthread_mutex_lock(&back->lock);
	atomic_fetch_sub(&back->asks, 1);
}

void
back_unlock(struct back *back)
{
	pthread_mutex_unlock(&back->lock);
}

bool
back_is_idle(const struct back *back)
{
	for (unsigned i = 0; i < back->workers; i++) {
		struct handed *sent = back->sent[i];
		struct taken *taken = back->taken[i];

		if (handed_peek(sent, 0, handed_end(sent)) ||
		    (taken && taken_peek(taken, taken_end(taken))))
			return false;
	}
	return true;
}

/* Of all runs. */
static uint64_t
missed_ever(const struct back *back)
{
	uint64_t missed = 0;

	for (unsigned i = 0; i < back->workers; i++) {
		missed += atomic_load_explicit(&back->sent[i]->missed, memory_order_relaxed);
		if (back->taken[i])
			missed += atomic_load_explicit(&back->taken[i]->refused,
						       memory_order_relaxed);
	}
	return missed;
}

uint64_t
back_missed(const struct back *back)
{
	return missed_ever(back) -
	       atomic_load_explicit(&((struct back *)back)->since, memory_order_relaxed);
}
