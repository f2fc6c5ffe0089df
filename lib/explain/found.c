/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/found.h"

#include <errno.h>
#include <stdlib.h>

#include "core/banned.h"

void
found_free(struct found *found)
{
	free(found->missed);
}

/* Behind those that are as near, or nearer. */
static void
insert(struct found *found, uint32_t rule, unsigned room)
{
	unsigned at = found->near_count;

	while (at > 0 && found->missed[found->near[at - 1]] > found->missed[rule])
		at--;
	if (at >= room)
		return;
	found->near_count += found->near_count < room;
	for (unsigned i = found->near_count - 1; i > at; i--)
		found->near[i] = found->near[i - 1];
	found->near[at] = rule;
}

/* Of several keys one must hold. */
static bool
is_near(const struct reading_of *of)
{
	return of->missed <= 1 || of->missed < of->keys;
}

int
found_make(struct found *found, const struct reading *reading, const struct classify_plan *plan,
	   unsigned near)
{
	const struct config *config = reading->config;
	unsigned room = near < FOUND_NEAR_MAX ? near : FOUND_NEAR_MAX;

	*found = (struct found){.winner = config->rule_count,
				.missed = calloc(config->rule_count + 1, 1)};
	if (!found->missed)
		return -ENOMEM;
	for (uint32_t i = 0; i < config->rule_count; i++) {
		const struct config_rule *rule = &config->rules[i];
		struct reading_of of = reading_rule(reading, rule, found_filter(plan, i), NULL);
		bool behind = found->winner < i;

		found->missed[i] = of.missed < UINT8_MAX ? of.missed : UINT8_MAX;
		if (of.missed == 0 && !behind && config_end(&rule->actions))
			found->winner = i;
		if ((of.missed > 0 || behind) && is_near(&of))
			insert(found, i, room);
	}
	return 0;
}
