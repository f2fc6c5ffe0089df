/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/gauges.h"

#include <rte_cycles.h>
#include <stdlib.h>

#include "core/banned.h"

/* All of it is written, as there should be no page faults while packets come. */
struct gauge *
gauges_of(struct worker *worker, const struct port *port)
{
	struct gauge *gauge = worker->gauges[port->index];

	if (gauge)
		return gauge;
	gauge = aligned_alloc(_Alignof(struct gauge), sizeof(*gauge));
	if (gauge)
		gauge_begin(gauge, rte_get_tsc_hz(), port->rx_ring, rte_rdtsc());
	worker->gauges[port->index] = gauge;
	return gauge;
}

void
gauges_forget(struct worker *const *workers, unsigned count, unsigned slot)
{
	for (unsigned i = 0; i < count; i++) {
		if (!workers[i])
			continue;
		free(workers[i]->gauges[slot]);
		workers[i]->gauges[slot] = NULL;
	}
}

static struct snapshot_times
times_of(const struct histogram *histogram)
{
	if (histogram->max == 0)
		return (struct snapshot_times){COUNTER_UNKNOWN, COUNTER_UNKNOWN, COUNTER_UNKNOWN};
	return (struct snapshot_times){histogram_quantile(histogram, 50, 100),
				       histogram_quantile(histogram, 99, 100), histogram->max};
}

/* Of the port's queues the one of which most waits, as far as it was asked since one of its polls
 * was not filled. */
static unsigned
backlog_now(const struct worker *worker, unsigned slot)
{
	const struct worker_sources *sources = worker_sources(worker);
	unsigned most = 0;

	for (unsigned i = 0; sources && i < sources->queue_count; i++) {
		const struct worker_queue *queue = &sources->queues[i];
		unsigned backlog = __atomic_load_n(&queue->waits.backlog, __ATOMIC_RELAXED);

		if (queue->port->index == slot &&
		    __atomic_load_n(&queue->waits.filled, __ATOMIC_RELAXED))
			most = RTE_MAX(most, backlog);
	}
	return most;
}

static void
tell_backlog(struct worker *const *workers, unsigned count, unsigned slot,
	     const struct gauge_sum *sum, struct snapshot_backlog *out)
{
	unsigned now = 0;

	if (!out->told)
		return;
	for (unsigned i = 0; i < count; i++)
		now = RTE_MAX(now, backlog_now(workers[i], slot));
	out->now = (double)now / 100;
	out->peak = (double)sum->backlog / 100;
	out->quarter = sum->rises[GAUGE_QUARTER];
	out->half = sum->rises[GAUGE_HALF];
	out->ninety = sum->rises[GAUGE_NINETY];
}

bool
gauges_tell(struct worker *const *workers, unsigned count, unsigned slot, struct snapshot_port *out)
{
	struct gauge_sum *sum = calloc(1, sizeof(*sum));
	uint64_t hz = rte_get_tsc_hz();

	if (!sum)
		return false;
	for (unsigned w = 0; w < count; w++) {
		const struct gauge *gauge = workers[w]->gauges[slot];

		if (gauge)
			gauge_look(gauge, rte_rdtsc(), sum);
	}
	out->lower = times_of(&sum->lower);
	out->upper = times_of(&sum->upper);
	histogram_sum(&sum->lower, &out->lower_sums);
	histogram_sum(&sum->upper, &out->upper_sums);
	out->saturated = sum->saturated;
	tell_backlog(workers, count, slot, sum, &out->backlog);
	for (unsigned i = 0; i < GAUGE_WINDOWS; i++) {
		out->peaks[i].packets = gauge_most(sum, i);
		out->peaks[i].pps = out->peaks[i].packets * hz / gauge_length(i, hz);
	}
	free(sum);
	return true;
}
