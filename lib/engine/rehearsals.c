/* SPDX-License-Identifier: BSD-3-Clause */
/* Which workers rehearse, and how long their queues may be left alone for it. */
#include "engine/inside.h"

#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/units.h"
#include "engine/headroom.h"

#include "core/banned.h"

#define NS UINT64_C(1000000000)
/* On its fullest queue, with a burst to spare. */
#define PACKETS ((REHEARSAL_FIRST + REHEARSAL_ROUNDS + 1) * BURST_MAX)
/* From one to the next so many times as long as one, at the least, and so long a series. */
#define GAPS 20
#define GAP_MIN_NS 1000000
#define SERIES_NS (10 * NS)

/* What a worker's queues bring: of the fullest by the last second, of all by the fullest
 * millisecond of the last minute, and the smallest ring that is to take what waits. */
struct coming {
	uint64_t pps, peak_1ms;
	uint32_t ring;
};

static unsigned
queues_of(const struct worker_sources *sources, const struct port *port)
{
	unsigned queues = 0;

	for (unsigned i = 0; i < sources->queue_count; i++)
		queues += sources->queues[i].port == port;
	return queues;
}

static uint64_t
peak_of(const struct gauge *gauge)
{
	struct gauge_sum *sum = calloc(1, sizeof(*sum));
	uint64_t most = UINT64_MAX / CONFIG_PORTS_MAX; /* without memory: nothing is safe */

	if (sum) {
		gauge_look(gauge, rte_rdtsc(), sum);
		most = gauge_most(sum, GAUGE_1MS);
	}
	free(sum);
	return most;
}

/* Packets may leave through any port, so that each ring counts. */
static struct coming
coming_of(const struct engine *engine, const struct worker *worker)
{
	const struct worker_sources *sources = worker_sources(worker);
	struct coming coming = {.ring = UINT32_MAX};

	for (unsigned i = 0; i < sources->queue_count; i++) {
		const struct port *port = sources->queues[i].port;
		uint64_t pps = worker->known.recent.rx_pps[port->index] / queues_of(sources, port);

		coming.pps = RTE_MAX(coming.pps, pps);
		coming.ring = RTE_MIN(coming.ring, (uint32_t)port->rx_ring);
	}
	for (unsigned slot = 0; slot < engine->ports.count; slot++) {
		const struct port *port = engine->ports.items[slot];

		if (port->ended)
			continue;
		if (worker->gauges[slot])
			coming.peak_1ms += peak_of(worker->gauges[slot]);
		if (port->tx_ring)
			coming.ring = RTE_MIN(coming.ring, (uint32_t)port->tx_ring);
	}
	return coming;
}

/* It took next to all that it could in the last second: it would never be idle, and what is
 * foretold of it is what it takes. */
static bool
is_full(const struct worker *worker)
{
	struct tally_cost costs[TALLY_COSTS];
	struct headroom headroom;

	recent_costs(&worker->known.recent, costs);
	headroom = headroom_fit(costs, rte_get_tsc_hz());
	return headroom.ground == HEADROOM_SEEN && worker->known.recent.pps > headroom.pps / 10 * 9;
}

/* How long the queues are left alone; 0 with a sentence: they are not. */
static uint64_t
hold_of(const struct engine *engine, const struct worker *worker, uint64_t most_ns,
	char why[ENGINE_REHEARSAL_WHY_MAX])
{
	struct coming coming = coming_of(engine, worker);
	uint64_t need, safe;

	*why = '\0';
	if (worker_sources(worker)->lane_count)
		snprintf(why, ENGINE_REHEARSAL_WHY_MAX, "it sends replays, which would be late");
	else if (is_full(worker))
		snprintf(why, ENGINE_REHEARSAL_WHY_MAX,
			 "it takes all that it can already: what that is is known");
	else if (coming.pps == 0)
		snprintf(why, ENGINE_REHEARSAL_WHY_MAX, "no packet came in the last second");
	if (*why || coming.pps == 0)
		return 0;
	need = PACKETS * NS / coming.pps;
	safe = coming.peak_1ms ? coming.ring * 3 / 4 * (NS / 1000) / coming.peak_1ms : UINT64_MAX;
	if (need > most_ns)
		snprintf(why, ENGINE_REHEARSAL_WHY_MAX,
			 "%d packets, which it takes, come in no less than %s", PACKETS,
			 units_ns(need).text);
	else if (need > safe)
		snprintf(
			why, ENGINE_REHEARSAL_WHY_MAX,
			"%d packets, which it takes, come in no less than %s, and in a millisecond "
			"up to %s came: a ring of %u would not be safe",
			PACKETS, units_ns(need).text, units_count(coming.peak_1ms).text,
			coming.ring);
	return *why ? 0 : need;
}

static void
begin(struct engine *engine, struct worker *worker, uint64_t most_ns, struct engine_rehearsal *out)
{
	double hz = (double)rte_get_tsc_hz() / 1e9;
	uint64_t hold = hold_of(engine, worker, most_ns, out->why);
	struct rehearsal_terms terms = {
		.hold = (uint64_t)((double)hold * hz),
		.gap = (uint64_t)((double)RTE_MAX(GAPS * hold, (uint64_t)GAP_MIN_NS) * hz),
		.most = (uint64_t)((double)SERIES_NS * hz)};

	out->core = worker->core;
	out->hold_ns = hold;
	if (hold &&
	    !rehearsal_ask(&worker->rehearsal, &terms,
			   atomic_load_explicit(&engine->shared.program, memory_order_relaxed))) {
		out->hold_ns = 0;
		snprintf(out->why, sizeof(out->why), "it rehearses already");
	}
}

unsigned
engine_rehearse(struct engine *engine, uint64_t most_ns, struct engine_rehearsal *out)
{
	unsigned begun = 0;

	for (unsigned i = 0; i < engine->worker_count; i++) {
		begin(engine, engine->workers[i], most_ns, &out[i]);
		begun += out[i].hold_ns != 0;
	}
	return begun;
}
