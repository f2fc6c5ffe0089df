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
gauge_begin(struct gauge *gauge, uint64_t hz, uint32_t ring, uint64_t now)
{
	memset(gauge, 0, sizeof(*gauge));
	gauge->hz = hz;
	gauge->rests = UINT64_MAX;
	surge_begin(&gauge->surges, ring, now);
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

static struct gauge_second *
second_of(struct gauge *gauge, uint64_t at)
{
	uint64_t number = at / gauge->hz;
	struct gauge_second *second = &gauge->seconds[number % GAUGE_SECONDS];

	if (second->second != number) {
		for (unsigned i = 0; i < GAUGE_WINDOWS; i++)
			__atomic_store_n(&second->most[i], 0, __ATOMIC_RELAXED);
		__atomic_store_n(&second->backlog, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&second->second, number, __ATOMIC_RELEASE);
	}
	return second;
}

static void
raise_to(uint64_t *most, uint64_t value)
{
	if (value > *most)
		__atomic_store_n(most, value, __ATOMIC_RELAXED);
}

void
gauge_backlog(struct gauge *gauge, struct gauge_queue *queue, unsigned percent, uint64_t now)
{
	static const unsigned shares[GAUGE_SHARES] = {25, 50, 90};

	for (unsigned i = 0; i < GAUGE_SHARES; i++) {
		if (queue->backlog < shares[i] && percent >= shares[i])
			tally_count(&gauge->rises[i], 1);
	}
	__atomic_store_n(&queue->backlog, percent, __ATOMIC_RELAXED);
	queue->asks = now + gauge_length(GAUGE_100US, gauge->hz);
	if (percent == 0)
		return;
	raise_to(&second_of(gauge, now)->backlog, percent);
	gauge->backlog = RTE_MAX(gauge->backlog, percent);
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

/* What was counted in the window of 1 ms, which is over. */
static void
end_whole(struct gauge *gauge, uint64_t end)
{
	const struct gauge_span *whole = &gauge->spans[GAUGE_1MS];
	uint64_t length = gauge_length(GAUGE_1MS, gauge->hz);
	struct surge window = {
		.began = whole->began,
		.ended = gauge->last,
		.packets = whole->packets,
		.most_100us = gauge->most_100us,
		.most_1ms = as_window(whole->packets, length, whole->began, end),
		.backlog = gauge->backlog,
	};

	gauge->most_100us = gauge->backlog = 0;
	if (whole->packets == 0)
		return;
	raise_to(&second_of(gauge, end)->most[GAUGE_1MS], window.most_1ms);
	surge_window(&gauge->surges, &window, end, length);
}

/* Whoever looks meanwhile sees that by the two ends of the window, see look_open: they differ from
 * before the first change until behind the last. Where nothing follows the next window has ended
 * as it begins. */
static void
turn(struct gauge *gauge, uint64_t now, uint64_t since, bool follows)
{
	struct gauge_span *span = &gauge->spans[GAUGE_100US], *whole = &gauge->spans[GAUGE_1MS];
	const struct gauge_span over = *span;
	uint64_t length = gauge_length(GAUGE_100US, gauge->hz), packets = gauge->packets, most;

	begin(span, now, since, follows ? length : 0);
	if (packets) {
		most = as_window(packets, length, over.began, over.ends);
		raise_to(&second_of(gauge, over.ends)->most[GAUGE_100US], most);
		gauge->most_100us = RTE_MAX(gauge->most_100us, most);
		gauge->last = over.ends;
	}
	__atomic_store_n(&whole->packets, whole->packets + packets, __ATOMIC_RELEASE);
	if (now >= whole->ends) {
		end_whole(gauge, RTE_MAX(over.ends, whole->ends));
		length = gauge_length(GAUGE_1MS, gauge->hz);
		begin(whole, now, since, follows ? length : 0);
	}
	gauge->rests = follows ? RTE_MAX(span->ends, whole->ends) : UINT64_MAX;
	__atomic_store_n(&gauge->packets, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&gauge->ends, span->ends, __ATOMIC_RELEASE);
}

void
gauge_turn(struct gauge *gauge, uint64_t now, uint64_t since)
{
	turn(gauge, now, since, true);
}

void
gauge_rest(struct gauge *gauge, uint64_t now)
{
	turn(gauge, now, now, false);
	surge_rest(&gauge->surges);
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
	for (unsigned i = 0; i < GAUGE_SHARES; i++)
		sum->rises[i] += tally_look(&gauge->rises[i]);
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
		if (noted)
			sum->backlog = RTE_MAX(sum->backlog, tally_look(&second->backlog));
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
