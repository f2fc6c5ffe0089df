/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/recent.h"

#include <string.h>

#include "core/banned.h"

#define HALF_SECONDS 30
/* And as long as it takes to have so many, so that those of a night are known in the morning. */
#define HALF_BURSTS 10000

static void
add(struct tally_cost *costs, const struct tally_cost *part)
{
	for (unsigned i = 0; i < TALLY_COSTS; i++) {
		costs[i].bursts += part[i].bursts;
		costs[i].packets += part[i].packets;
		costs[i].cycles += part[i].cycles;
	}
}

static void
take_costs(struct recent *recent, const struct tally *part, const void *program, uint64_t tsc,
	   uint64_t hz)
{
	uint64_t bursts = 0;

	/* Another program costs something else; of what was counted since the last time nobody
	 * knows under which. */
	if (recent->program != program) {
		memset(recent->costs, 0, sizeof(recent->costs));
		recent->program = program;
		recent->costs_since = tsc;
		return;
	}
	add(recent->costs[0], part->costs);
	for (unsigned i = 0; i < TALLY_COSTS; i++)
		bursts += recent->costs[0][i].bursts;
	if (tsc - recent->costs_since < HALF_SECONDS * hz || bursts < HALF_BURSTS)
		return;
	memcpy(recent->costs[1], recent->costs[0], sizeof(recent->costs[1]));
	memset(recent->costs[0], 0, sizeof(recent->costs[0]));
	recent->costs_since = tsc;
}

static uint64_t
rate(uint64_t now, uint64_t *before, uint64_t took, uint64_t hz)
{
	/* It begins anew with a port in the slot of another. */
	double packets = (double)(now >= *before ? now - *before : now);

	*before = now;
	return (uint64_t)(packets * (double)hz / (double)took + 0.5);
}

void
recent_take(struct recent *recent, const struct tally *sum, const struct tally *part,
	    const void *program, uint64_t tsc, uint64_t hz)
{
	uint64_t took = tsc - recent->since;

	take_costs(recent, part, program, tsc, hz);
	if (took < hz)
		return;
	recent->pps = rate(sum->packets, &recent->packets, took, hz);
	for (unsigned i = 0; i < CONFIG_PORTS_MAX; i++)
		recent->rx_pps[i] = rate(sum->ports[i].rx_packets, &recent->rx[i], took, hz);
	/* The first begins with the worker. */
	recent->known = recent->since != 0;
	recent->since = tsc;
	if (recent->known && recent->pps > recent->most_pps)
		recent->most_pps = recent->pps;
}

void
recent_costs(const struct recent *recent, struct tally_cost costs[TALLY_COSTS])
{
	memcpy(costs, recent->costs[0], sizeof(recent->costs[0]));
	add(costs, recent->costs[1]);
}
