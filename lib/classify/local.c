/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/local.h"

#include "core/banned.h"

struct part {
	size_t offset, size;
};

struct layout {
	struct part narrow, wide, passed, sources, chosen, scratch;
	size_t end;
};

static struct part
take(struct layout *layout, size_t size)
{
	struct part part = {.offset = layout->end, .size = size};

	layout->end += (size + 63) / 64 * 64;
	return part;
}

static bool
can_hold(const struct plan *plan, unsigned kinds)
{
	for (unsigned kind = 0; kind < PACKET_KINDS; kind++) {
		if (kinds & KIND_BIT(kind) && plan->slots[kind] < plan->table_count)
			return true;
	}
	return plan->lists != NULL;
}

static struct layout
lay_out(const struct plan *plan)
{
	struct layout layout = {.end = sizeof(struct local)};
	size_t narrow = can_hold(plan, KINDS_ALL & ~KINDS_IPV6) ? CACHE_NARROW_SETS : 0;
	size_t wide = can_hold(plan, KINDS_IPV6) ? CACHE_WIDE_SETS : 0;
	size_t words = (plan->condition_count + 63) / 64;

	layout.narrow = take(&layout, narrow * sizeof(struct cache_narrow));
	layout.wide = take(&layout, wide * sizeof(struct cache_wide));
	layout.passed =
		take(&layout, (size_t)plan->passes_max * BURST_MAX * sizeof(struct burst_pass));
	layout.sources = take(&layout, (size_t)plan->sources_max * BURST_MAX * sizeof(uint32_t));
	layout.chosen = take(&layout, words * sizeof(uint64_t));
	layout.scratch = take(&layout, plan->interprets ? EXPRESSION_SNAP : 0);
	return layout;
}

static void *
place(struct local *local, struct part part)
{
	return part.size ? (char *)local + part.offset : NULL;
}

size_t
local_size(const struct plan *plan)
{
	return lay_out(plan).end;
}

void
local_init(const struct plan *plan, struct local *local)
{
	struct layout layout = lay_out(plan);

	local->narrow_gate.left = local->wide_gate.left = CACHE_WINDOW;
	for (unsigned i = 0; i < BURST_MAX; i++)
		local->everyone.items[i] = i;
	local->find_narrow = cache_narrow_best();
	local->narrow = place(local, layout.narrow);
	local->wide = place(local, layout.wide);
	local->passed = place(local, layout.passed);
	local->sources = place(local, layout.sources);
	local->chosen = place(local, layout.chosen);
	local->scratch = place(local, layout.scratch);
	if (local->narrow)
		cache_narrow_clear(local->narrow, CACHE_NARROW_SETS);
	if (local->wide)
		cache_wide_clear(local->wide, CACHE_WIDE_SETS);
}
