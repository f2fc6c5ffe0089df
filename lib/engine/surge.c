/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/surge.h"

#include <rte_common.h>
#include <string.h>

#include "core/banned.h"

#define TIMES_MEAN 4
#define RING_SHARE 4
/* Milliseconds in which the mean forgets. */
#define MEAN_WINDOWS 256

#define WORDS (sizeof(struct surge) / sizeof(uint64_t))

void
surge_begin(struct surge_log *log, uint32_t ring, uint64_t now)
{
	memset(log, 0, sizeof(*log));
	log->least = RTE_MAX(ring / RING_SHARE, 1u);
	log->until = now;
}

static void
write_words(struct surge *to, const struct surge *from)
{
	const uint64_t *words = (const uint64_t *)from;

	for (unsigned i = 0; i < WORDS; i++)
		__atomic_store_n((uint64_t *)to + i, words[i], __ATOMIC_RELAXED);
}

bool
surge_read(const struct surge_log *log, uint64_t n, struct surge *out)
{
	const uint64_t *words = (const uint64_t *)&log->surges[n % SURGES];

	for (unsigned i = 0; i < WORDS; i++)
		((uint64_t *)out)[i] = __atomic_load_n(words + i, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* The worker may already write what will be number begun. */
	return n + SURGES > __atomic_load_n(&log->begun, __ATOMIC_RELAXED);
}

static bool
stands_out(const struct surge_log *log, const struct surge *window)
{
	if (window->backlog >= SURGE_BACKLOG)
		return true;
	return window->most_1ms >= log->least && (double)window->most_1ms >= TIMES_MEAN * log->mean;
}

static void
go_on(struct surge *surge, const struct surge *window)
{
	struct surge sum = *surge;

	sum.ended = window->ended;
	sum.packets += window->packets;
	sum.most_100us = RTE_MAX(sum.most_100us, window->most_100us);
	sum.most_1ms = RTE_MAX(sum.most_1ms, window->most_1ms);
	sum.backlog = RTE_MAX(sum.backlog, window->backlog);
	write_words(surge, &sum);
}

/* begun was stored before, and so whoever reads a word of the new one sees that too. */
static void
note(struct surge_log *log, const struct surge *window)
{
	struct surge *surge = &log->surges[log->begun % SURGES], first = *window;

	if (log->begun > log->over) {
		go_on(&log->surges[log->over % SURGES], window);
		return;
	}
	first.mean = (uint64_t)(log->mean * 1000);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	write_words(surge, &first);
	__atomic_store_n(&log->begun, log->begun + 1, __ATOMIC_RELEASE);
}

/* So many packets came since the mean was last taken: that has the weight of its time. */
static void
take_mean(struct surge_log *log, uint64_t packets, uint64_t until, uint64_t millisecond)
{
	double took = (double)(int64_t)(until - log->until) / (double)millisecond;
	double weight = took / MEAN_WINDOWS;

	if (took <= 0)
		return;
	log->mean += ((double)packets / took - log->mean) * RTE_MIN(weight, 1.0);
	log->until = until;
}

void
surge_window(struct surge_log *log, const struct surge *window, uint64_t until,
	     uint64_t millisecond)
{
	take_mean(log, 0, window->began, millisecond);
	if (stands_out(log, window))
		note(log, window);
	else
		surge_rest(log);
	take_mean(log, window->packets, until, millisecond);
}

void
surge_rest(struct surge_log *log)
{
	if (log->begun > log->over)
		__atomic_store_n(&log->over, log->begun, __ATOMIC_RELEASE);
}
