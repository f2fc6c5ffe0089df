/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/covered.h"

#include <stdlib.h>

#include "core/banned.h"

/* Some tens of ns each. */
#define PAIRS_MAX UINT64_C(100000000)

/* Each range of narrow lies in one of wide. */
static bool
set_covers(const struct config_set *wide, const struct config_set *narrow)
{
	if (wide->count == 0)
		return true;
	for (unsigned i = 0; i < narrow->count; i++) {
		unsigned j = 0;

		while (j < wide->count && !(wide->ranges[j].low <= narrow->ranges[i].low &&
					    narrow->ranges[i].high <= wide->ranges[j].high))
			j++;
		if (j == wide->count)
			return false;
	}
	return narrow->count > 0;
}

static bool
prefixes_cover(const struct config_prefixes *wide, const struct config_prefixes *narrow)
{
	if (wide->count == 0)
		return true;
	for (unsigned i = 0; i < narrow->count; i++) {
		unsigned j = 0;

		while (j < wide->count && !config_prefix_covers(&wide->items[j], &narrow->items[i]))
			j++;
		if (j == wide->count)
			return false;
	}
	return narrow->count > 0;
}

/* What a rule asks of a tunnel, or of all bytes, is not looked into: the one before asks nothing of
 * the kind. Every key of its is one of the other's: so a packet that has the field for the other
 * has it for this one. */
static bool
rule_covers(const struct config_rule *wide, const struct config_rule *narrow)
{
	const struct config_match *w = &wide->match, *n = &narrow->match;

	return !(narrow->from & ~wide->from) && !wide->filter && !w->tunnel &&
	       set_covers(&w->protocol, &n->protocol) && set_covers(&w->dst_port, &n->dst_port) &&
	       set_covers(&w->src_port, &n->src_port) && set_covers(&w->vlan, &n->vlan) &&
	       set_covers(&w->ether_type, &n->ether_type) && prefixes_cover(&w->dst, &n->dst) &&
	       prefixes_cover(&w->src, &n->src);
}

uint32_t *
covered(const struct config *config, uint32_t *unasked)
{
	uint32_t *by = malloc((config->rule_count + 1) * sizeof(*by));
	uint64_t pairs = 0;

	*unasked = 0;
	for (uint32_t i = 0; by && i < config->rule_count; i++) {
		by[i] = COVERED_NONE;
		pairs += i;
		if (pairs > PAIRS_MAX) {
			(*unasked)++;
			continue;
		}
		for (uint32_t j = 0; j < i && by[i] == COVERED_NONE; j++) {
			if (config_end(&config->rules[j].actions) &&
			    rule_covers(&config->rules[j], &config->rules[i]))
				by[i] = j;
		}
	}
	return by;
}
