/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/surges.h"

#include <rte_common.h>
#include <rte_cycles.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

static bool
overlap(const struct surge *a, const struct surge *b)
{
	return a->began <= b->ended && b->began <= a->ended;
}

/* What several workers saw at the same time; their largest windows need not be the same. */
static void
merge(struct surges_one *into, const struct surge *surge)
{
	struct surge *sum = &into->surge;

	sum->began = RTE_MIN(sum->began, surge->began);
	sum->ended = RTE_MAX(sum->ended, surge->ended);
	sum->packets += surge->packets;
	sum->most_100us += surge->most_100us;
	sum->most_1ms += surge->most_1ms;
	sum->mean += surge->mean;
	sum->backlog = RTE_MAX(sum->backlog, surge->backlog);
}

/* Merged into one of count that a worker saw, or NULL. */
static struct surges_one *
merge_into_any(struct surges_one *items, unsigned count, const struct surge *surge)
{
	for (unsigned i = 0; i < count; i++) {
		if (!items[i].seen || !overlap(&items[i].surge, surge))
			continue;
		merge(&items[i], surge);
		return &items[i];
	}
	return NULL;
}

static unsigned
kept(const struct surges_list *list)
{
	return RTE_MIN(list->count, (uint64_t)SURGES);
}

static struct surges_one *
newest(struct surges_list *list)
{
	return list->count ? &list->last[(list->count - 1) % SURGES] : NULL;
}

static void
add(struct surges_list *list, const struct surge *surge, bool seen)
{
	list->last[list->count++ % SURGES] = (struct surges_one){.surge = *surge, .seen = seen};
}

/* Those that are over since the last time. A worker's own do not overlap; of others' those were
 * taken before. Returns whether there were any. */
static bool
take_over(struct surges_list *list, const struct gauge *gauge, unsigned worker)
{
	const struct surge_log *log = &gauge->surges;
	uint64_t over = __atomic_load_n(&log->over, __ATOMIC_ACQUIRE);
	uint64_t n = list->taken[worker];
	struct surge surge;
	bool any = n < over;

	for (; n < over; n++) {
		if (!surge_read(log, n, &surge))
			list->unknown++;
		else if (!merge_into_any(list->last, kept(list), &surge))
			add(list, &surge, true);
	}
	list->taken[worker] = over;
	return any;
}

static bool
goes_on(const struct gauge *gauge)
{
	const struct surge_log *log = &gauge->surges;

	return __atomic_load_n(&log->over, __ATOMIC_ACQUIRE) <
	       __atomic_load_n(&log->begun, __ATOMIC_ACQUIRE);
}

/* What the device has missed since it was last asked, and whose it is. */
static void
take_losses(struct surges_list *list, const struct port *port, bool open, uint64_t now)
{
	uint64_t missed = RTE_MAX(port_losses(port).missed, list->missed);
	uint64_t before = list->missed_tsc;
	struct surges_one *last = newest(list);

	list->lost += missed - list->missed;
	list->missed = missed;
	list->missed_tsc = now;
	list->due_tsc = now + rte_get_tsc_hz();
	if (list->lost == 0 || open)
		return;
	if (!last || last->surge.ended + rte_get_tsc_hz() < before) {
		add(list, &(struct surge){.began = before, .ended = now}, false);
		last = newest(list);
	} else if (!last->seen) {
		last->surge.ended = now;
	}
	last->lost += list->lost;
	list->lost = 0;
}

static void
look_at(struct surges_list *list, const struct port *port, struct worker *const *workers,
	unsigned worker_count, uint64_t now)
{
	bool any = false, open = false;

	for (unsigned i = 0; i < worker_count; i++) {
		const struct gauge *gauge = workers[i]->gauges[port->index];

		if (!gauge)
			continue;
		any |= take_over(list, gauge, i);
		open |= goes_on(gauge);
	}
	if (any || now >= list->due_tsc)
		take_losses(list, port, open, now);
}

/* What the device missed until now is nobody's. */
static struct surges_list *
list_of(struct surges *surges, const struct port *port, uint64_t now)
{
	struct surges_list *list = surges->lists[port->index];

	if (list)
		return list;
	list = calloc(1, sizeof(*list));
	if (list) {
		list->missed = port_losses(port).missed;
		list->missed_tsc = now;
		list->due_tsc = now + rte_get_tsc_hz();
	}
	surges->lists[port->index] = list;
	return list;
}

void
surges_tick(struct surges *surges, const struct ports *ports, struct worker *const *workers,
	    unsigned worker_count, uint64_t now)
{
	for (unsigned i = 0; i < ports->count; i++) {
		const struct port *port = ports->items[i];
		struct surges_list *list;

		if (port->ended || !port->can_receive)
			continue;
		list = list_of(surges, port, now);
		if (list)
			look_at(list, port, workers, worker_count, now);
	}
}

static int
by_beginning(const void *a, const void *b)
{
	uint64_t left = ((const struct surges_one *)a)->surge.began;
	uint64_t right = ((const struct surges_one *)b)->surge.began;

	return (left > right) - (left < right);
}

/* With those that go on the oldest may have to make room. */
static unsigned
add_open(struct surges_one *out, unsigned count, const struct gauge *gauge)
{
	const struct surge_log *log = &gauge->surges;
	uint64_t over = __atomic_load_n(&log->over, __ATOMIC_ACQUIRE);
	struct surges_one *one;
	struct surge surge;

	if (over >= __atomic_load_n(&log->begun, __ATOMIC_ACQUIRE) ||
	    !surge_read(log, over, &surge))
		return count;
	one = merge_into_any(out, count, &surge);
	if (!one) {
		one = count < SURGES ? &out[count++] : &out[0];
		*one = (struct surges_one){.surge = surge, .seen = true};
	}
	one->goes_on = true;
	return count;
}

unsigned
surges_tell(const struct surges *surges, struct worker *const *workers, unsigned worker_count,
	    unsigned slot, struct surges_one out[SURGES])
{
	const struct surges_list *list = surges->lists[slot];
	unsigned count = list ? kept(list) : 0;

	for (unsigned i = 0; i < count; i++)
		out[i] = list->last[(list->count - count + i) % SURGES];
	for (unsigned i = 0; i < worker_count; i++) {
		if (workers[i]->gauges[slot])
			count = add_open(out, count, workers[i]->gauges[slot]);
	}
	for (unsigned i = 0; i < count; i++) {
		if (out[i].goes_on)
			out[i].lost += list ? list->lost : 0;
	}
	qsort(out, count, sizeof(*out), by_beginning);
	return count;
}

static struct snapshot_peak
peak_of(uint64_t packets, enum gauge_window window)
{
	uint64_t hz = rte_get_tsc_hz();

	return (struct snapshot_peak){packets, packets * hz / gauge_length(window, hz)};
}

struct snapshot_burst
surges_burst(const struct surges_one *one, const struct stage_clock *clock, bool told)
{
	const struct surge *surge = &one->surge;
	const struct snapshot_peak unknown = {COUNTER_UNKNOWN, COUNTER_UNKNOWN};
	struct snapshot_burst burst = {
		.duration_ns = clock_span(clock, surge->ended - surge->began),
		.packets = one->seen ? surge->packets : COUNTER_UNKNOWN,
		.mean_pps = one->seen ? surge->mean : COUNTER_UNKNOWN,
		.peaks = {unknown, unknown},
		.backlog = one->seen && told ? (double)surge->backlog / 100 : -1,
		.lost = one->lost,
		.goes_on = one->goes_on,
	};

	if (one->seen) {
		burst.peaks[GAUGE_100US] = peak_of(surge->most_100us, GAUGE_100US);
		burst.peaks[GAUGE_1MS] = peak_of(surge->most_1ms, GAUGE_1MS);
	}
	when_format(clock_at(clock, surge->began) + clock_epoch(clock), burst.start);
	return burst;
}

uint64_t
surges_count(const struct surges *surges, unsigned slot)
{
	const struct surges_list *list = surges->lists[slot];

	return list ? list->count + list->unknown : 0;
}

void
surges_forget(struct surges *surges, unsigned slot)
{
	free(surges->lists[slot]);
	surges->lists[slot] = NULL;
}
