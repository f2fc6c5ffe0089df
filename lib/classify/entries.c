/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/entries.h"

#include "classify/match.h"

#include "core/banned.h"

bool
entries_are_listed(const struct config_rule *rule, uint64_t from, uint64_t all_ports,
		   uint64_t totals[PACKET_KINDS])
{
	uint64_t entries[PACKET_KINDS];

	for (unsigned kind = 0; kind < PACKET_KINDS; kind++) {
		entries[kind] = match_entries(&rule->match, from, all_ports, kind);
		if (entries[kind] > ENTRIES_COMBINATIONS_MAX ||
		    entries[kind] > ENTRIES_MAX - totals[kind])
			return true;
	}
	for (unsigned kind = 0; kind < PACKET_KINDS; kind++)
		totals[kind] += entries[kind];
	return false;
}
