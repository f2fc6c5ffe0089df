/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of that which gates remember. It goes on where it can by itself, so this is for
 * telling alone. */
#include <string.h>

#include "config/key.h"
#include "engine/change.h"

#include "core/banned.h"

static bool
has_dedup(const struct config_rule *rule)
{
	return config_verbs(&rule->actions) & 1u << CONFIG_DEDUP;
}

unsigned
change_gates(const struct config *config)
{
	unsigned count = config->policer_count;

	for (unsigned i = 0; i < config->rule_count; i++)
		count += has_dedup(&config->rules[i]);
	return count;
}

static const struct config_policer *
find_policer(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->policer_count; i++) {
		if (strcmp(config->policers[i].name, name) == 0)
			return &config->policers[i];
	}
	return NULL;
}

static void
pair_policers(struct change *change)
{
	const struct config *was = change->before, *next = change->config;

	for (unsigned i = 0; i < was->policer_count; i++) {
		if (!find_policer(next, was->policers[i].name))
			change_tell(change, ENGINE_ENDED, "policers", was->policers[i].name);
	}
	for (unsigned i = 0; i < next->policer_count; i++) {
		const struct config_policer *policer = &next->policers[i];
		const struct config_policer *before = find_policer(was, policer->name);
		enum engine_fate fate = !before ? ENGINE_BEGUN
					: key_difference(&key_policer, was, before, next, policer)
						? ENGINE_CHANGED
						: ENGINE_KEPT;

		change_tell(change, fate, "policers", policer->name);
	}
}

/* The rule of this name, if it has dedups. */
static const struct config_rule *
find_rule(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->rule_count; i++) {
		const struct config_rule *rule = &config->rules[i];

		if (strcmp(rule->name, name) == 0)
			return has_dedup(rule) ? rule : NULL;
	}
	return NULL;
}

/* The dedup behind the one at *at among gates, or NULL. */
static const struct config_dedup *
next_dedup(const struct config_gate *gates, unsigned count, unsigned *at)
{
	while (*at < count) {
		const struct config_action *action = gates[(*at)++].action;

		if (action->verb == CONFIG_DEDUP)
			return action->dedup;
	}
	return NULL;
}

static bool
same_dedups(const struct config *was, const struct config_rule *before, const struct config *next,
	    const struct config_rule *after)
{
	struct config_gate first[CONFIG_GATES_MAX], second[CONFIG_GATES_MAX];
	unsigned first_count = config_gates(&before->actions, first), i = 0;
	unsigned second_count = config_gates(&after->actions, second), j = 0;
	const struct config_dedup *a, *b;

	do {
		a = next_dedup(first, first_count, &i);
		b = next_dedup(second, second_count, &j);
	} while (a && b && !key_difference(&key_dedup_map, was, a, next, b));
	return !a && !b;
}

static void
pair_dedups(struct change *change)
{
	const struct config *was = change->before, *next = change->config;

	for (unsigned i = 0; i < was->rule_count; i++) {
		const struct config_rule *rule = &was->rules[i];

		if (has_dedup(rule) && !find_rule(next, rule->name))
			change_tell(change, ENGINE_ENDED, "dedups", rule->name);
	}
	for (unsigned i = 0; i < next->rule_count; i++) {
		const struct config_rule *rule = &next->rules[i], *before;
		enum engine_fate fate = ENGINE_BEGUN;

		if (!has_dedup(rule))
			continue;
		before = find_rule(was, rule->name);
		if (before)
			fate = same_dedups(was, before, next, rule) ? ENGINE_KEPT : ENGINE_CHANGED;
		change_tell(change, fate, "dedups", rule->name);
	}
}

void
change_pair_gates(struct change *change)
{
	pair_policers(change);
	pair_dedups(change);
}
