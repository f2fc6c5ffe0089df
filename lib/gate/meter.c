/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/meter.h"

#include <rte_atomic.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#include "core/populate.h"

#include "core/banned.h"

#define NS UINT64_C(1000000000)

/* One worker counts in what a rate of 1 brings in a nanosecond, so that nothing is ever rounded.
 * Several count in 64 bits, of which the largest burst takes all. */
#define POT_BITS 20

/* Of a burst, what a worker takes into its own part; it may lie there while others want it. */
#define DRAW_SHARE 8

static uint64_t
units(const struct meter *meter)
{
	return meter->workers > 1 ? UINT64_C(1) << POT_BITS : NS;
}

void
meter_ask(const struct config_rate *rate, struct meter *meter, struct gate_rate *out)
{
	uint64_t unit = units(meter);
	unsigned __int128 burst = (unsigned __int128)rate->burst * (rate->packets ? 1 : 8) * unit;

	*out = (struct gate_rate){
		.meter = meter,
		.rate = rate->rate,
		.burst = burst,
		.byte_units = rate->packets ? 0 : 8 * unit,
		.packet_units = rate->packets ? unit : 0,
		.fill = ((unsigned __int128)rate->rate << (POT_BITS + METER_FRACTION)) / NS,
		.draw = burst / (DRAW_SHARE * (uint64_t)meter->workers),
	};
}

/* Time may go backwards from one packet to the next: that brings nothing. */
static inline void
fill(const struct gate_rate *rate, struct meter_part *part, uint64_t now)
{
	if (now <= part->time)
		return;
	part->held += (unsigned __int128)rate->rate * (now - part->time);
	if (part->held > rate->burst)
		part->held = rate->burst;
	part->time = now;
}

/* What others left of so many units, if that is at least as many as are needed; they are the
 * worker's from here on. */
static uint64_t
draw(const struct gate_rate *rate, uint64_t now, uint64_t needed)
{
	struct meter_pot *pot = &rate->meter->pot;
	uint64_t wanted = RTE_MAX(needed, rate->draw), taken;
	union {
		struct meter_pot pot;
		rte_int128_t whole;
	} was, next;

	was.pot.time = __atomic_load_n(&pot->time, __ATOMIC_RELAXED);
	was.pot.held = __atomic_load_n(&pot->held, __ATOMIC_RELAXED);
	do {
		next = was;
		if (now > was.pot.time) {
			unsigned __int128 held =
				(unsigned __int128)rate->fill * (now - was.pot.time);

			held = (held >> METER_FRACTION) + was.pot.held;
			next.pot.held = RTE_MIN(held, rate->burst);
			next.pot.time = now;
		}
		if (next.pot.held < needed)
			return 0;
		taken = RTE_MIN(next.pot.held, wanted);
		next.pot.held -= taken;
		/* It fails only when another worker has drawn meanwhile: some worker always goes
		 * on. */
	} while (!rte_atomic128_cmp_exchange((rte_int128_t *)pot, &was.whole, &next.whole, false,
					     __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return taken;
}

static uint32_t
within_alone(const struct gate_rate *rate, struct meter_part *part, const struct burst *burst,
	     uint32_t packets)
{
	uint32_t within = 0;

	for (uint32_t left = packets; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);
		uint64_t takes = burst->packets[i]->pkt_len * rate->byte_units + rate->packet_units;

		fill(rate, part, burst->times[i]);
		if (takes > part->held)
			continue;
		part->held -= takes;
		within |= 1u << i;
	}
	return within;
}

static uint32_t
within_together(const struct gate_rate *rate, struct meter_part *part, const struct burst *burst,
		uint32_t packets)
{
	uint64_t held = part->held;
	uint32_t within = 0;

	for (uint32_t left = packets; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);
		uint64_t takes = burst->packets[i]->pkt_len * rate->byte_units + rate->packet_units;

		if (takes > held)
			held += draw(rate, burst->times[i], takes - held);
		if (takes > held)
			continue;
		held -= takes;
		within |= 1u << i;
	}
	part->held = held;
	return within;
}

static void
count(struct meter_part *part, const struct burst *burst, uint32_t packets, uint32_t within)
{
	uint64_t bytes = 0, all = 0;

	for (uint32_t left = packets; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);
		uint32_t length = burst->packets[i]->pkt_len;

		all += length;
		bytes += within >> i & 1 ? length : 0;
	}
	tally_count(&part->passed, __builtin_popcount(within));
	tally_count(&part->passed_bytes, bytes);
	tally_count(&part->over, __builtin_popcount(packets & ~within));
	tally_count(&part->over_bytes, all - bytes);
}

uint32_t
meter_within(const struct gate_rate *rate, struct burst *burst, uint32_t packets)
{
	struct meter_part *part = &rate->meter->parts[burst->worker];
	uint32_t within;

	burst_times(burst);
	within = rate->meter->workers > 1 ? within_together(rate, part, burst, packets)
					  : within_alone(rate, part, burst, packets);
	count(part, burst, packets, within);
	return within;
}

struct meter *
meter_make(const char *name, const struct config_rate *rate, unsigned workers)
{
	size_t size = sizeof(struct meter) + workers * sizeof(struct meter_part);
	struct meter *meter = rte_zmalloc("meter", size, RTE_CACHE_LINE_SIZE);
	struct gate_rate asked;

	if (!meter)
		return NULL;
	populate_memory(meter, size);
	meter->name = strdup(name);
	if (!meter->name) {
		rte_free(meter);
		return NULL;
	}
	meter->holders = 1;
	meter->workers = workers;
	meter->named = rate->policer >= 0;
	meter->packets = rate->packets;
	meter_ask(rate, meter, &asked);
	if (workers > 1)
		meter->pot.held = asked.burst;
	else
		meter->parts[0].held = asked.burst;
	return meter;
}

struct meter *
meter_hold(struct meter *meter)
{
	atomic_fetch_add(&meter->holders, 1);
	return meter;
}

void
meter_drop(struct meter *meter)
{
	if (!meter || atomic_fetch_sub(&meter->holders, 1) > 1)
		return;
	free(meter->name);
	rte_free(meter);
}
