/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/local.h"

#include "core/banned.h"

struct part {
	size_t offset, size;
};

struct parts {
	struct part narrow, wide, passed, sources, chosen, scratch;
	size_t end;
};

static struct part
take(struct parts *parts, size_t size)
{
	struct part part = {.offset = parts->end, .size = size};

	parts->end += (size + 63) / 64 * 64;
	return part;
}

static bool
can_hold(const struct classify_plan *plan, unsigned kinds)
{
	for (unsigned kind = 0; kind < PACKET_KINDS; kind++) {
		if (kinds & KIND_BIT(kind) && plan->slots[kind] < plan->table_count)
			return true;
	}
	return plan->lists != NULL;
}

static struct parts
lay_out(const struct classify_plan *plan)
{
	struct parts parts = {.end = sizeof(struct classify_local)};
	size_t narrow = can_hold(plan, KINDS_ALL & ~KINDS_IPV6) ? CACHE_NARROW_SETS : 0;
	size_t wide = can_hold(plan, KINDS_IPV6) ? CACHE_WIDE_SETS : 0;
	size_t words = (plan->condition_count + 63) / 64;

	parts.narrow = take(&parts, narrow * sizeof(struct cache_narrow));
	parts.wide = take(&parts, wide * sizeof(struct cache_wide));
	parts.passed =
		take(&parts, (size_t)plan->passes_max * BURST_MAX * sizeof(struct burst_pass));
	parts.sources = take(&parts, (size_t)plan->sources_max * BURST_MAX * sizeof(uint32_t));
	parts.chosen = take(&parts, words * sizeof(uint64_t));
	parts.scratch = take(&parts, plan->interprets ? EXPRESSION_SNAP : 0);
	return parts;
}

static void *
place(struct classify_local *local, struct part part)
{
	return part.size ? (char *)local + part.offset : NULL;
}

size_t
classify_local_size(const struct classify_plan *plan)
{
	return lay_out(plan).end;
}

void
classify_local_init(const struct classify_plan *plan, struct classify_local *local)
{
	struct parts parts = lay_out(plan);

	local->narrow_gate = cache_gate_open(CACHE_NARROW_SETS);
	local->wide_gate = cache_gate_open(CACHE_WIDE_SETS);
	for (unsigned i = 0; i < BURST_MAX; i++)
		local->everyone.items[i] = i;
	local->find_narrow = cache_narrow_best();
	local->narrow = place(local, parts.narrow);
	local->wide = place(local, parts.wide);
	local->passed = place(local, parts.passed);
	local->sources = place(local, parts.sources);
	local->chosen = place(local, parts.chosen);
	local->scratch = place(local, parts.scratch);
	if (local->narrow)
		cache_narrow_clear(local->narrow, CACHE_NARROW_SETS);
	if (local->wide)
		cache_wide_clear(local->wide, CACHE_WIDE_SETS);
}
