/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_prefetch.h>

#include "classify/run.h"

#include "core/banned.h"

/* Indices of packets in a burst. */
struct some {
	unsigned count;
	uint8_t items[BURST_MAX + 1]; /* one more, so that appending needs no branch */
};

/* Looks packets up in the tables of their kinds. */
static void
find_in_tables(const struct plan *plan, struct burst *burst, const struct some *some)
{
	uint32_t terminal = plan->ports[burst->in_port].terminal;
	const struct packet_view *views[PACKET_KINDS + 1][BURST_MAX];
	uint8_t indices[PACKET_KINDS + 1][BURST_MAX];
	unsigned counts[PACKET_KINDS + 1] = {0};
	uint32_t answers[BURST_MAX];

	for (unsigned i = 0; i < some->count; i++) {
		unsigned index = some->items[i];
		unsigned slot = plan->slots[burst->views[index].kind];
		unsigned at = counts[slot]++;

		views[slot][at] = &burst->views[index];
		indices[slot][at] = index;
	}
	for (unsigned slot = 0; slot < plan->table_count; slot++) {
		if (counts[slot] == 0)
			continue;
		table_find(plan->tables[slot], views[slot], counts[slot], answers);
		for (unsigned i = 0; i < counts[slot]; i++) {
			/* No answer is 0, and becomes the largest number. */
			uint32_t rule = answers[i] - 1;

			burst->verdicts[indices[slot][i]] = rule < terminal ? rule : terminal;
		}
	}
	for (unsigned i = 0; i < counts[plan->table_count]; i++)
		burst->verdicts[indices[plan->table_count][i]] = terminal;
}

static void
run_narrow(const struct plan *plan, struct local *local, struct burst *burst,
	   const struct some *some)
{
	uint64_t port_bits = cache_port_bits(burst->in_port);
	uint64_t keys[BURST_MAX][2];
	struct cache_narrow *sets[BURST_MAX];
	struct some missed;
	unsigned count = some->count, missed_count = 0;

	if (local->narrow_gate.closed) {
		cache_gate_pass(&local->narrow_gate, count, 0);
		find_in_tables(plan, burst, some);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		cache_narrow_key(&burst->views[some->items[i]], port_bits, keys[i]);
		sets[i] = &local->narrow[cache_narrow_set(keys[i])];
		rte_prefetch0(sets[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		uint32_t value = cache_narrow_find(sets[i], keys[i]);

		burst->verdicts[some->items[i]] = value;
		missed.items[missed_count] = i;
		missed_count += value == CACHE_MISS;
	}
	burst->tally->cache_lookups += count;
	burst->tally->cache_hits += count - missed_count;
	cache_gate_pass(&local->narrow_gate, count, count - missed_count);
	if (missed_count == 0)
		return;

	struct some indices = {.count = missed_count};

	for (unsigned i = 0; i < missed_count; i++)
		indices.items[i] = some->items[missed.items[i]];
	find_in_tables(plan, burst, &indices);
	for (unsigned i = 0; i < missed_count; i++) {
		unsigned at = missed.items[i];

		cache_narrow_insert(sets[at], keys[at], burst->verdicts[some->items[at]]);
	}
}

static void
run_wide(const struct plan *plan, struct local *local, struct burst *burst, const struct some *some)
{
	uint64_t port_bits = cache_port_bits(burst->in_port);
	uint64_t keys[BURST_MAX][5];
	struct cache_wide *sets[BURST_MAX];
	struct some missed;
	unsigned count = some->count, missed_count = 0;

	if (local->wide_gate.closed) {
		cache_gate_pass(&local->wide_gate, count, 0);
		find_in_tables(plan, burst, some);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		cache_wide_key(&burst->views[some->items[i]], port_bits, keys[i]);
		sets[i] = &local->wide[cache_wide_set(keys[i])];
		rte_prefetch0(sets[i]);
		rte_prefetch0((char *)sets[i] + 64);
	}
	for (unsigned i = 0; i < count; i++) {
		uint32_t value = cache_wide_find(sets[i], keys[i]);

		burst->verdicts[some->items[i]] = value;
		missed.items[missed_count] = i;
		missed_count += value == CACHE_MISS;
	}
	burst->tally->cache_lookups += count;
	burst->tally->cache_hits += count - missed_count;
	cache_gate_pass(&local->wide_gate, count, count - missed_count);
	if (missed_count == 0)
		return;

	struct some indices = {.count = missed_count};

	for (unsigned i = 0; i < missed_count; i++)
		indices.items[i] = some->items[missed.items[i]];
	find_in_tables(plan, burst, &indices);
	for (unsigned i = 0; i < missed_count; i++) {
		unsigned at = missed.items[i];

		cache_wide_insert(sets[at], keys[at], burst->verdicts[some->items[at]],
				  local->tick++);
	}
}

static void
set_terminal(const struct plan *plan, struct burst *burst, const struct some *some)
{
	for (unsigned i = 0; i < some->count; i++)
		burst->verdicts[some->items[i]] = plan->ports[burst->in_port].terminal;
}

void
terminal_run(const struct plan *plan, struct local *local, struct burst *burst)
{
	struct some narrow, wide;
	unsigned narrow_count = 0, wide_count = 0;

	for (unsigned i = 0; i < burst->count; i++) {
		bool is_wide = burst->views[i].kind >= PACKET_IPV6_BARE;

		narrow.items[narrow_count] = i;
		wide.items[wide_count] = i;
		narrow_count += !is_wide;
		wide_count += is_wide;
	}
	narrow.count = narrow_count;
	wide.count = wide_count;
	if (narrow_count) {
		if (local->narrow)
			run_narrow(plan, local, burst, &narrow);
		else
			set_terminal(plan, burst, &narrow);
	}
	if (wide_count) {
		if (local->wide)
			run_wide(plan, local, burst, &wide);
		else
			set_terminal(plan, burst, &wide);
	}
}
