/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

struct snapshot *
snapshot_hold(struct snapshot *snapshot)
{
	atomic_fetch_add(&snapshot->holders, 1);
	return snapshot;
}

bool
snapshot_is_shared(const struct snapshot *snapshot)
{
	return atomic_load(&((struct snapshot *)snapshot)->holders) > 0;
}

void
snapshot_put_actions(FILE *out, const struct snapshot *snapshot, unsigned rule)
{
	const struct config *config = snapshot->config;
	config_put_actions(out, config,
			   rule == config->rule_count ? &config->default_actions
						      : &config->rules[rule].actions);
}

/* Without a count, as of a program before the one that had it, there was nothing yet. */
static struct tally_acted
acted(const struct tally_acted *counts, unsigned verbs)
{
	struct tally_acted result = counts ? *counts : (struct tally_acted){0};

	for (unsigned i = 0; i < TALLY_ACTED; i++) {
		if (!(verbs & tally_acted_rows[i].verbs))
			((uint64_t *)&result)[i] = COUNTER_UNKNOWN;
	}
	return result;
}

struct snapshot_rule
snapshot_rule(const struct snapshot *snapshot, unsigned rule)
{
	const struct config *config = snapshot->config;
	bool is_default = rule == config->rule_count;
	unsigned verbs = is_default ? 0 : config_verbs(&config->rules[rule].actions);

	return (struct snapshot_rule){
		.name = is_default ? "default" : config->rules[rule].name,
		.counts = &snapshot->rules[rule],
		.acted = acted(snapshot->acted ? &snapshot->acted[rule] : NULL, verbs),
		.decides = is_default || config_end(&config->rules[rule].actions),
		.filter = is_default ? NULL : config->rules[rule].manner,
	};
}

void
snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot || atomic_fetch_sub(&snapshot->holders, 1) > 0)
		return;
	for (unsigned i = 0; snapshot->ports && i < snapshot->port_count; i++) {
		free((char *)snapshot->ports[i].name);
		free((char *)snapshot->ports[i].device);
		free((char *)snapshot->ports[i].writes);
		free((char *)snapshot->ports[i].driver);
		free(snapshot->ports[i].bursts);
	}
	for (unsigned i = 0; snapshot->pools && i < snapshot->pool_count; i++)
		free((char *)snapshot->pools[i].name);
	for (unsigned i = 0; snapshot->replays && i < snapshot->replay_count; i++)
		replay_report_clear(&snapshot->replays[i]);
	for (unsigned i = 0; i < snapshot->section_count; i++) {
		struct snapshot_section *section = &snapshot->sections[i];

		for (unsigned j = 0; section->names && j < section->count; j++)
			free(section->names[j]);
		free(section->names);
		free(section->numbers);
	}
	free(snapshot->replays);
	free(snapshot->ports);
	free(snapshot->rules);
	free(snapshot->acted);
	free(snapshot->steps);
	config_free(snapshot->config);
	free(snapshot->workers);
	free(snapshot->pools);
	free(snapshot);
}
