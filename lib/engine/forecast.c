/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/forecast.h"

#include <rte_cycles.h>

#include "engine/headroom.h"

#include "core/banned.h"

#define NS UINT64_C(1000000000)
#define REHEARSED_SECONDS 60

static struct headroom
headroom_of(const struct worker *worker)
{
	struct tally_cost costs[TALLY_COSTS];

	recent_costs(&worker->known.recent, costs);
	return headroom_fit(costs, rte_get_tsc_hz());
}

/* What a rehearsal found out in the last minute goes before any fit. */
static bool
rehearsed(const struct worker *worker, struct headroom *headroom)
{
	struct rehearsal *rehearsal = &((struct worker *)worker)->rehearsal;
	uint64_t hz = rte_get_tsc_hz();
	double cycles = rehearsal_cycles(
		rehearsal, atomic_load_explicit(&worker->shared->program, memory_order_acquire));

	if (cycles == 0 || headroom->ground == HEADROOM_UNKNOWN ||
	    rte_rdtsc() - rehearsal->ended_tsc > REHEARSED_SECONDS * hz)
		return false;
	headroom->pps = (uint64_t)((double)hz * (1 - headroom->lost) / cycles);
	return true;
}

void
forecast_worker(const struct worker *worker, struct snapshot_worker *out)
{
	const struct recent *recent = &worker->known.recent;
	struct headroom headroom = headroom_of(worker);
	bool known = headroom.ground != HEADROOM_UNKNOWN;
	bool was_rehearsed = rehearsed(worker, &headroom);
	struct snapshot_headroom *to = &out->headroom;

	to->now_pps = recent->known ? recent->pps : COUNTER_UNKNOWN;
	to->seen_pps = recent->known ? recent->most_pps : COUNTER_UNKNOWN;
	to->pps = known ? headroom.pps : COUNTER_UNKNOWN;
	to->room = known && recent->known && recent->pps
			   ? (double)headroom.pps / (double)recent->pps
			   : -1;
	to->at_least = known && headroom.ground != HEADROOM_SEEN && !was_rehearsed;
	to->rehearsed = was_rehearsed;
	to->rehearses = rehearsal_goes_on(&((struct worker *)worker)->rehearsal);
	to->lost = known ? headroom.lost : -1;
	to->per_burst = known ? headroom.per_burst : -1;
	to->per_packet = known ? headroom.per_packet : -1;
	for (unsigned i = 0; i < SNAPSHOT_DELAYS; i++)
		to->delays[i] = known ? headroom_delay_ns(&headroom, snapshot_delays[i],
							  snapshot_delays[i], rte_get_tsc_hz())
				      : COUNTER_UNKNOWN;
}

static unsigned
queues_of(const struct worker *worker, unsigned slot)
{
	const struct worker_sources *sources = worker_sources(worker);
	unsigned queues = 0;

	for (unsigned i = 0; i < sources->queue_count; i++)
		queues += sources->queues[i].port->index == slot;
	return queues;
}

/* Packets are taken to come to queues alike; of workers each is looked at by itself. */
static uint64_t
full_after_ns(const struct snapshot_port *port, uint64_t pps, unsigned queues)
{
	if (pps == 0 || pps == COUNTER_UNKNOWN)
		return COUNTER_UNKNOWN;
	return (uint64_t)port->rx_ring * queues * NS / pps;
}

void
forecast_port(struct worker *const *workers, unsigned count, unsigned slot,
	      struct snapshot_port *out)
{
	uint64_t peak = out->peaks[GAUGE_100US].packets;
	unsigned all = 0, polls = 0;

	out->survives = (struct snapshot_survives){COUNTER_UNKNOWN, COUNTER_UNKNOWN};
	out->model_ns = COUNTER_UNKNOWN;
	for (unsigned w = 0; w < count; w++) {
		const struct recent *recent = &workers[w]->known.recent;
		unsigned queues = queues_of(workers[w], slot);
		uint64_t now = full_after_ns(out, recent->known ? recent->rx_pps[slot] : 0, queues);

		if (queues && now < out->survives.now)
			out->survives.now = now;
		all += queues;
		polls += queues > 0;
	}
	if (all)
		out->survives.peak = full_after_ns(out, out->peaks[GAUGE_1MS].pps, all);
	for (unsigned w = 0; w < count && peak; w++) {
		struct headroom headroom = headroom_of(workers[w]);
		uint64_t packets = (peak + polls - 1) / RTE_MAX(polls, 1U), delay;

		if (queues_of(workers[w], slot) == 0 || headroom.ground == HEADROOM_UNKNOWN)
			continue;
		delay = headroom_delay_ns(&headroom, packets, packets, rte_get_tsc_hz());
		if (out->model_ns == COUNTER_UNKNOWN || delay > out->model_ns)
			out->model_ns = delay;
	}
}
