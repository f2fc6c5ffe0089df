/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/plan.h"

#include <stdlib.h>
#include <string.h>

#include "port/port.h"

#include "core/banned.h"

static uint8_t
slot_of(struct port *const *ports, uint16_t index)
{
	return ports ? ports[index]->index : index;
}

static uint8_t
target_code(const struct forward_plan *plan, struct port *const *ports,
	    const struct config_target *target)
{
	switch (target->kind) {
	case CONFIG_TARGET_PORT:
		return slot_of(ports, target->index);
	case CONFIG_TARGET_GROUP:
		return FORWARD_GROUP + target->index;
	default:
		return FORWARD_OTHER + forward_others_find(&plan->others, target);
	}
}

static bool
is_mirror(const struct config_action *action)
{
	return action->verb == CONFIG_MIRROR;
}

static uint32_t
count_mirrors(const struct config_actions *actions)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < actions->count; i++)
		count += is_mirror(&actions->items[i]);
	return count;
}

static forward_end
plan_end(const struct forward_plan *plan, struct port *const *ports,
	 const struct config_actions *actions, uint8_t drop, uint32_t mirrors)
{
	const struct config_action *end = config_end(actions);
	bool forwards = end && end->verb == CONFIG_FORWARD;

	return mirrors << 8 | (forwards ? target_code(plan, ports, &end->target) : drop);
}

static void
plan_group(const struct config_group *config, struct port *const *ports,
	   struct forward_group *group)
{
	unsigned slot = 0;

	group->count = config->port_count;
	group->inner = config->hash == CONFIG_HASH_INNER;
	group->slots = config_group_shares(config, group->shares);
	for (unsigned i = 0; i < group->count; i++) {
		group->ports[i] = slot_of(ports, config->ports[i]);
		memset(group->table + slot, group->ports[i], group->shares[i]);
		slot += group->shares[i];
	}
}

struct forward_plan *
forward_plan_make(const struct config *config, struct port *const *ports,
		  struct forward_others *others)
{
	struct forward_plan *plan = calloc(1, sizeof(*plan));
	uint32_t lists = 1, targets = 0;

	if (!plan) {
		forward_others_free(others);
		return NULL;
	}
	plan->others = *others;
	for (unsigned i = 0; i < config->rule_count; i++) {
		uint32_t mirrors = count_mirrors(&config->rules[i].actions);

		lists += mirrors > 0;
		targets += mirrors;
	}
	plan->ends = calloc(config->rule_count + 1, sizeof(*plan->ends));
	plan->mirrors = calloc(lists, sizeof(*plan->mirrors));
	plan->targets = calloc(targets + 1, 1);
	if (!plan->ends || !plan->mirrors || !plan->targets) {
		forward_plan_free(plan);
		return NULL;
	}

	plan->uses_groups = config->group_count > 0;
	for (unsigned i = 0; ports && i < config->port_count; i++)
		plan->ports[ports[i]->index] = ports[i];
	for (unsigned i = 0; i < config->group_count; i++) {
		plan_group(&config->groups[i], ports, &plan->groups[i]);
		plan->enters |= plan->groups[i].inner;
	}

	lists = 1;
	targets = 0;
	for (unsigned i = 0; i < config->rule_count; i++) {
		const struct config_actions *actions = &config->rules[i].actions;
		uint32_t first = targets, list = 0;

		for (unsigned j = 0; j < actions->count; j++) {
			if (is_mirror(&actions->items[j]))
				plan->targets[targets++] =
					target_code(plan, ports, &actions->items[j].target);
		}
		if (targets > first) {
			list = lists++;
			plan->mirrors[list] = (struct forward_mirrors){first, targets - first};
		}
		plan->ends[i] = plan_end(plan, ports, actions, FORWARD_DROP_RULE, list);
	}
	plan->ends[config->rule_count] =
		plan_end(plan, ports, &config->default_actions, FORWARD_DROP_DEFAULT, 0);
	return plan;
}

void
forward_plan_free(struct forward_plan *plan)
{
	if (!plan)
		return;
	free(plan->ends);
	free(plan->mirrors);
	free(plan->targets);
	forward_others_free(&plan->others);
	free(plan);
}
