/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/gauge.h"

#include <rte_common.h>
#include <string.h>

#include "core/banned.h"

/* Seconds that are told: those of the last minute. */
#define TOLD_SECONDS 60

uint64_t
gauge_length(enum gauge_window window, uint64_t hz)
{
	return hz / (window == GAUGE_1MS ? 1000 : 10000);
}

void
gauge_begin(struct gauge *gauge, uint64_t hz)
{
	memset(gauge, 0, sizeof(*gauge));
	gauge->hz = hz;
}

/* Packets that came in as long as a window is, where they came in more. */
static uint64_t
as_window(uint64_t packets, uint64_t length, uint64_t began, uint64_t ended)
{
	uint64_t took = ended - began;

	if (took <= length)
		return packets;
	return (uint64_t)(((unsigned __int128)packets * length + took - 1) / took);
}

static void
note_most(struct gauge *gauge, enum gauge_window window, uint64_t packets, uint64_t at)
{
	uint64_t number = at / gauge->hz;
	struct gauge_second *second = &gauge->seconds[number % GAUGE_SECONDS];

	if (second->second != number) {
		for (unsigned i = 0; i < GAUGE_WINDOWS; i++)
			__atomic_store_n(&second->most[i], 0, __ATOMIC_RELAXED);
		__atomic_store_n(&second->second, number, __ATOMIC_RELEASE);
	}
	if (packets > second->most[window])
		__atomic_store_n(&second->most[window], packets, __ATOMIC_RELAXED);
}

/* What came while the worker was elsewhere came in that time too, not in the window alone in which
 * it was taken: a stall is no burst. */
static void
begin(struct gauge_span *span, uint64_t now, uint64_t since, uint64_t length)
{
	uint64_t began = RTE_MIN(now, RTE_MAX(since, span->ends));

	__atomic_store_n(&span->ends, now + length, __ATOMIC_RELEASE);
	__atomic_store_n(&span->began, began, __ATOMIC_RELEASE);
	__atomic_store_n(&span->packets, 0, __ATOMIC_RELEASE);
}

/* Whoever looks meanwhile sees that by the two ends of the window, see look_open: they differ from
 * before the first change until behind the last. */
void
gauge_turn(struct gauge *gauge, uint64_t now, uint64_t since)
{
	struct gauge_span *span = &gauge->spans[GAUGE_100US], *whole = &gauge->spans[GAUGE_1MS];
	const struct gauge_span over = *span;
	uint64_t length = gauge_length(GAUGE_100US, gauge->hz), packets = gauge->packets;

	begin(span, now, since, length);
	if (packets)
		note_most(gauge, GAUGE_100US, as_window(packets, length, over.began, over.ends),
			  over.ends);
	__atomic_store_n(&whole->packets, whole->packets + packets, __ATOMIC_RELEASE);
	length = gauge_length(GAUGE_1MS, gauge->hz);
	if (now >= whole->ends) {
		uint64_t end = RTE_MAX(over.ends, whole->ends);

		if (whole->packets)
			note_most(gauge, GAUGE_1MS,
				  as_window(whole->packets, length, whole->began, end), end);
		begin(whole, now, since, length);
	}
	__atomic_store_n(&gauge->packets, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&gauge->ends, span->ends, __ATOMIC_RELEASE);
}

void
gauge_settle(struct gauge *gauge, struct gauge_queue *queue, const struct stage_clock *clock,
	     uint64_t polled, uint64_t done)
{
	unsigned packets = queue->skipped * BURST_MAX;

	if (packets == 0)
		return;
	histogram_add_n(&gauge->upper, clock_span(clock, done - queue->since), packets);
	tally_count(&gauge->saturated, gauge_behind(queue, packets));
	if (done >= gauge->ends)
		gauge_turn(gauge, done, queue->since);
	tally_count(&gauge->packets, packets);
	queue->skipped = 0;
	gauge_filled(queue, polled, packets);
}

/* What would be noted of the windows that have not ended, by their second; false: the worker ends
 * one just now, and will have noted it. */
static bool
look_open(const struct gauge *gauge, struct gauge_second *out)
{
	const struct gauge_span *span = &gauge->spans[GAUGE_100US],
				*whole = &gauge->spans[GAUGE_1MS];
	uint64_t ends = __atomic_load_n(&gauge->ends, __ATOMIC_ACQUIRE);
	uint64_t began = __atomic_load_n(&span->began, __ATOMIC_ACQUIRE);
	uint64_t whole_began = __atomic_load_n(&whole->began, __ATOMIC_ACQUIRE);
	uint64_t before = __atomic_load_n(&whole->packets, __ATOMIC_ACQUIRE);
	uint64_t packets = __atomic_load_n(&gauge->packets, __ATOMIC_ACQUIRE);
	uint64_t end = RTE_MAX(ends, __atomic_load_n(&whole->ends, __ATOMIC_ACQUIRE));

	if (__atomic_load_n(&span->ends, __ATOMIC_ACQUIRE) != ends ||
	    __atomic_load_n(&gauge->ends, __ATOMIC_ACQUIRE) != ends)
		return false;
	out->second = ends / gauge->hz;
	out->most[GAUGE_100US] =
		as_window(packets, gauge_length(GAUGE_100US, gauge->hz), began, ends);
	out->most[GAUGE_1MS] =
		as_window(before + packets, gauge_length(GAUGE_1MS, gauge->hz), whole_began, end);
	return true;
}

static bool
is_told(uint64_t second, uint64_t newest)
{
	return second <= newest + 1 && second + TOLD_SECONDS > newest;
}

void
gauge_look(const struct gauge *gauge, uint64_t now, struct gauge_sum *sum)
{
	uint64_t newest = now / gauge->hz;
	struct gauge_second open = {0};
	bool is_open = look_open(gauge, &open);

	histogram_merge(&sum->lower, &gauge->lower);
	histogram_merge(&sum->upper, &gauge->upper);
	sum->saturated += tally_look(&gauge->saturated);
	for (unsigned i = 0; i < GAUGE_SECONDS; i++) {
		const struct gauge_second *second = &gauge->seconds[i];
		uint64_t number = __atomic_load_n(&second->second, __ATOMIC_ACQUIRE);
		bool noted = is_told(number, newest);
		bool goes_on =
			is_open && open.second % GAUGE_SECONDS == i && is_told(open.second, newest);

		for (unsigned window = 0; window < GAUGE_WINDOWS; window++) {
			uint64_t most = noted ? tally_look(&second->most[window]) : 0;

			sum->most[i][window] += goes_on ? RTE_MAX(most, open.most[window]) : most;
		}
	}
}

uint64_t
gauge_most(const struct gauge_sum *sum, enum gauge_window window)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < GAUGE_SECONDS; i++) {
		if (sum->most[i][window] > most)
			most = sum->most[i][window];
	}
	return most;
}
