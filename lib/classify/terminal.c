/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "classify/keys.h"
#include "classify/run.h"

#include "core/banned.h"

/* No answer is 0, and becomes the largest number. */
static inline uint32_t
earlier_rule(uint32_t answer, uint32_t terminal)
{
	return answer - 1 < terminal ? answer - 1 : terminal;
}

/* Packets of several kinds: table by table. */
static void
find_in_several(const struct classify_plan *plan, struct burst *burst,
		const struct classify_some *some)
{
	uint32_t terminal = plan->ports[burst->in_port].terminal;

	for (unsigned slot = 0; slot <= plan->table_count; slot++) {
		const struct packet_view *views[BURST_MAX + 1];
		uint8_t indices[BURST_MAX + 1] = {0};
		uint32_t answers[BURST_MAX] = {0};
		unsigned count = 0;

		for (unsigned i = 0; i < some->count; i++) {
			unsigned index = some->items[i];

			views[count] = &burst->views[index];
			indices[count] = index;
			count += plan->slots[burst->views[index].kind] == slot;
		}
		if (count == 0)
			continue;
		if (slot < plan->table_count)
			acl_find(plan->tables[slot], views, count, answers);
		for (unsigned i = 0; i < count; i++)
			burst->verdicts[indices[i]] = earlier_rule(answers[i], terminal);
	}
}

/* Looks packets up in the tables of their kinds. */
static void
find_in_tables(const struct classify_plan *plan, struct burst *burst,
	       const struct classify_some *some)
{
	uint32_t terminal = plan->ports[burst->in_port].terminal;
	unsigned first = plan->slots[burst->views[some->items[0]].kind], differing = 0;
	const struct packet_view *views[BURST_MAX];
	uint32_t answers[BURST_MAX];

	for (unsigned i = 0; i < some->count; i++) {
		views[i] = &burst->views[some->items[i]];
		differing |= plan->slots[views[i]->kind] ^ first;
	}
	if (differing || first == plan->table_count) {
		find_in_several(plan, burst, some);
		return;
	}
	acl_find(plan->tables[first], views, some->count, answers);
	if (some->count == burst->count) {
		for (unsigned i = 0; i < some->count; i++)
			burst->verdicts[i] = earlier_rule(answers[i], terminal);
	} else {
		for (unsigned i = 0; i < some->count; i++)
			burst->verdicts[some->items[i]] = earlier_rule(answers[i], terminal);
	}
}

/* Rules with long lists: of those and what tables found the earlier one counts. */
static void
find_in_lists(const struct classify_plan *plan, struct burst *burst,
	      const struct classify_some *some)
{
	const struct packet_view *views[BURST_MAX];
	uint32_t verdicts[BURST_MAX];

	for (unsigned i = 0; i < some->count; i++) {
		views[i] = &burst->views[some->items[i]];
		verdicts[i] = burst->verdicts[some->items[i]];
	}
	lists_find_first(plan->lists, views, some->count, burst->in_port, verdicts);
	for (unsigned i = 0; i < some->count; i++)
		burst->verdicts[some->items[i]] = verdicts[i];
}

/* Of those that have a tunnel perhaps: the rules that look inside are asked before some verdicts,
 * and not before others. */
static void
find_tunnels(const struct classify_port *port, struct burst *burst,
	     const struct classify_some *some)
{
	for (unsigned i = 0; i < some->count; i++) {
		uint32_t *verdict = &burst->verdicts[some->items[i]];

		if (*verdict > port->enters &&
		    tunnel_kinds(&burst->views[some->items[i]]) & port->tunnels)
			*verdict |= RUN_ENTERS;
	}
}

static void
find(const struct classify_plan *plan, struct burst *burst, const struct classify_some *some)
{
	const struct classify_port *port = &plan->ports[burst->in_port];

	find_in_tables(plan, burst, some);
	if (plan->lists)
		find_in_lists(plan, burst, some);
	if (port->tunnels)
		find_tunnels(port, burst, some);
}

/* Looks up those packets of some that their sets do not have, and notes them there. */
static void
find_missed(const struct classify_plan *plan, struct burst *burst, const struct classify_some *some,
	    const struct keys *keys)
{
	struct classify_some missed = {0}, indices;

	for (unsigned i = 0; i < some->count; i++) {
		indices.items[missed.count] = some->items[i];
		missed.items[missed.count] = i;
		missed.count += cache_narrow_find(keys->sets[i], keys->keys[i]) == CACHE_WAYS;
	}
	indices.count = missed.count;
	if (missed.count == 0)
		return;
	for (unsigned i = 0; !burst->parsed && i < missed.count; i++)
		packet_parse(&burst->packets[indices.items[i]], 1, burst->in_port,
			     &burst->views[indices.items[i]]);
	find(plan, burst, &indices);
	for (unsigned i = 0; i < missed.count; i++) {
		unsigned at = missed.items[i];

		cache_narrow_insert(keys->sets[at], keys->keys[at],
				    burst->verdicts[indices.items[i]]);
	}
}

/* Writes what the sets have, or anything where they have nothing, and returns how often that is. */
static inline unsigned
look_in_sets(struct classify_local *local, struct burst *burst, const struct keys *keys,
	     unsigned count, uint32_t *values)
{
	unsigned missed = local->find_narrow(keys->sets, keys->keys, count, values);

	burst->tally->cache_lookups += count;
	burst->tally->cache_hits += count - missed;
	cache_gate_pass(&local->narrow_gate, count, count - missed);
	return missed;
}

/* A burst of narrow kinds alone, as most are; false when it isn't one. */
static inline bool
run_unparsed(const struct classify_plan *plan, struct classify_local *local, struct burst *burst)
{
	struct keys keys;

	if (!keys_of_burst(&keys, burst, local->narrow, local->narrow_gate.mask))
		return false;
	if (look_in_sets(local, burst, &keys, burst->count, burst->verdicts)) {
		local->everyone.count = burst->count;
		find_missed(plan, burst, &local->everyone, &keys);
	}
	return true;
}

static void
run_narrow(const struct classify_plan *plan, struct classify_local *local, struct burst *burst,
	   const struct classify_some *some)
{
	uint64_t port_bits = cache_port_bits(burst->in_port);
	uint32_t values[BURST_MAX] = {0};
	struct keys keys;
	unsigned missed;

	if (local->narrow_gate.closed) {
		cache_gate_pass(&local->narrow_gate, some->count, 0);
		find(plan, burst, some);
		return;
	}
	for (unsigned i = 0; i < some->count; i++) {
		cache_narrow_key(&burst->views[some->items[i]], port_bits, keys.keys[i]);
		keys_place(&keys, i, local->narrow, local->narrow_gate.mask);
	}
	missed = look_in_sets(local, burst, &keys, some->count, values);
	for (unsigned i = 0; i < some->count; i++)
		burst->verdicts[some->items[i]] = values[i];
	if (missed)
		find_missed(plan, burst, some, &keys);
}

static void
run_wide(const struct classify_plan *plan, struct classify_local *local, struct burst *burst,
	 const struct classify_some *some)
{
	uint64_t port_bits = cache_port_bits(burst->in_port);
	uint64_t keys[BURST_MAX][5];
	struct cache_wide *sets[BURST_MAX];
	struct classify_some missed;
	unsigned count = some->count, missed_count = 0;

	if (local->wide_gate.closed) {
		cache_gate_pass(&local->wide_gate, count, 0);
		find(plan, burst, some);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		cache_wide_key(&burst->views[some->items[i]], port_bits, keys[i]);
		sets[i] = &local->wide[cache_wide_set(keys[i], local->wide_gate.mask)];
		rte_prefetch0(sets[i]);
		rte_prefetch0((char *)sets[i] + 64);
	}
	for (unsigned i = 0; i < count; i++) {
		unsigned way = cache_wide_find(sets[i], keys[i]);

		burst->verdicts[some->items[i]] = cache_wide_value(sets[i], way);
		missed.items[missed_count] = i;
		missed_count += way == CACHE_WAYS;
	}
	burst->tally->cache_lookups += count;
	burst->tally->cache_hits += count - missed_count;
	cache_gate_pass(&local->wide_gate, count, count - missed_count);
	if (missed_count == 0)
		return;

	struct classify_some indices = {.count = missed_count};

	for (unsigned i = 0; i < missed_count; i++)
		indices.items[i] = some->items[missed.items[i]];
	find(plan, burst, &indices);
	for (unsigned i = 0; i < missed_count; i++) {
		unsigned at = missed.items[i];

		cache_wide_insert(sets[at], keys[at], burst->verdicts[some->items[at]],
				  local->tick++);
	}
}

static void
set_terminal(const struct classify_plan *plan, struct burst *burst,
	     const struct classify_some *some)
{
	const struct classify_port *port = &plan->ports[burst->in_port];

	for (unsigned i = 0; i < some->count; i++)
		burst->verdicts[some->items[i]] = port->terminal;
	if (port->tunnels)
		find_tunnels(port, burst, some);
}

static void
run_both(const struct classify_plan *plan, struct classify_local *local, struct burst *burst)
{
	struct classify_some narrow = {0}, wide = {0};

	for (unsigned i = 0; i < burst->count; i++) {
		bool is_wide = burst->views[i].kind & PACKET_WIDE;

		narrow.items[narrow.count] = i;
		wide.items[wide.count] = i;
		narrow.count += !is_wide;
		wide.count += is_wide;
	}
	if (narrow.count) {
		if (local->narrow)
			run_narrow(plan, local, burst, &narrow);
		else
			set_terminal(plan, burst, &narrow);
	}
	if (wide.count) {
		if (local->wide)
			run_wide(plan, local, burst, &wide);
		else
			set_terminal(plan, burst, &wide);
	}
}

void
classify_run_terminal(const struct classify_plan *plan, struct classify_local *local,
		      struct burst *burst)
{
	uint64_t port = UINT64_C(1) << burst->in_port;

	if (likely(local->narrow && !local->narrow_gate.closed && !(local->wide_ports & port)) &&
	    likely(run_unparsed(plan, local, burst)))
		return;
	burst_parse(burst);
	if (burst->kinds & PACKET_WIDE)
		local->wide_ports |= port;
	else
		local->wide_ports &= ~port;
	run_both(plan, local, burst);
}
