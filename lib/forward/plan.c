/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/driver.h"
#include "port/memory.h"
#include "port/port.h"
#include "port/ports.h"

#include "core/banned.h"

static uint8_t
slot_of(struct port *const *ports, uint16_t index)
{
	return ports ? ports[index]->index : index;
}

static uint8_t
target_code(const struct forward_plan *plan, const struct stage_env *env, uint32_t rule,
	    const struct config_target *target)
{
	switch (target->kind) {
	case CONFIG_TARGET_PORT:
		return slot_of(env->ports, target->index);
	case CONFIG_TARGET_GROUP:
		return FORWARD_GROUP + target->index;
	default:
		return FORWARD_OTHER +
		       forward_others_find(&plan->others, env->config, rule, target);
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
plan_end(const struct forward_plan *plan, const struct stage_env *env, uint32_t rule,
	 const struct config_actions *actions, uint8_t drop, uint32_t mirrors)
{
	const struct config_action *end = config_end(actions);
	bool forwards = end && end->verb == CONFIG_FORWARD;

	return mirrors << 8 | (forwards ? target_code(plan, env, rule, &end->target) : drop);
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

/* Whether nobody is given a packet twice, so that it doesn't matter who is given a burst first. */
static bool
is_whole(const uint8_t *targets, uint32_t count, uint8_t end)
{
	uint64_t seen = 0;

	for (uint32_t i = 0; i <= count; i++) {
		uint8_t target = i < count ? targets[i] : end;

		if (i == count && target >= FORWARD_DROP_RULE)
			return true;
		if (target >= FORWARD_GROUP || (seen >> target & 1))
			return false;
		seen |= UINT64_C(1) << target;
	}
	return true;
}

struct coder {
	const struct forward_plan *plan;
	const struct stage_env *env;
};

static uint8_t
code(const void *of, uint32_t rule, const struct config_target *target)
{
	const struct coder *coder = of;

	return target_code(coder->plan, coder->env, rule, target);
}

/* One without a device has not said yet what it sends. */
static uint32_t
port_segments(const struct stage_env *env, uint16_t index)
{
	const struct port *port = env->ports ? env->ports[index] : NULL;

	if (port && (port->opened || port->writes))
		return port->sends.chained > 0 ? port->sends.segments : 1;
	return memory_is_af_xdp(&env->config->ports[index]) ? 1 : UINT32_MAX;
}

static uint32_t
segments_of(const void *of, const struct config_target *target)
{
	const struct stage_env *env = ((const struct coder *)of)->env;
	const struct config_group *group;
	uint32_t least = UINT32_MAX;

	if (target->kind == CONFIG_TARGET_PORT)
		return port_segments(env, target->index);
	if (target->kind != CONFIG_TARGET_GROUP)
		return least;
	group = &env->config->groups[target->index];
	for (unsigned i = 0; i < group->port_count; i++)
		least = RTE_MIN(least, port_segments(env, group->ports[i]));
	return least;
}

static bool
writes(const struct config_port *port)
{
	return port->pcap_out != NULL;
}

static bool
is_looped(const struct config_port *port)
{
	return port->kind == CONFIG_PORT_VDEV && driver_loops(port->device);
}

/* Whether it is one of the target's. */
static bool
any_port(const struct config *config, const struct config_target *target,
	 bool (*is)(const struct config_port *))
{
	const struct config_group *group;
	bool any = false;

	if (target->kind == CONFIG_TARGET_PORT)
		return is(&config->ports[target->index]);
	if (target->kind != CONFIG_TARGET_GROUP)
		return false;
	group = &config->groups[target->index];
	for (unsigned i = 0; i < group->port_count; i++)
		any |= is(&config->ports[group->ports[i]]);
	return any;
}

static bool
keeps(const void *of, const struct config_target *target)
{
	const struct config *config = ((const struct coder *)of)->env->config;

	return target->kind == CONFIG_TARGET_CAPTURE || any_port(config, target, writes);
}

static bool
loops(const void *of, const struct config_target *target)
{
	return any_port(((const struct coder *)of)->env->config, target, is_looped);
}

/* The plain lists, and the word of each rule; by[] is as in forms_make. */
static void
plan_lists(struct forward_plan *plan, const struct stage_env *env, const uint32_t *by)
{
	uint32_t lists = 1, targets = 0;

	for (unsigned i = 0; i < env->config->rule_count; i++) {
		const struct config_actions *actions = &env->config->rules[i].actions;
		uint32_t first = targets, list = 0;

		if (by[i]) {
			plan->ends[i] = (by[i] - 1) << 8 | FORWARD_FORMS;
			continue;
		}
		for (unsigned j = 0; j < actions->count; j++) {
			if (is_mirror(&actions->items[j]))
				plan->targets[targets++] =
					target_code(plan, env, i, &actions->items[j].target);
		}
		if (targets > first)
			list = lists++;
		plan->ends[i] = plan_end(plan, env, i, actions, FORWARD_DROP_RULE, list);
		if (list)
			plan->mirrors[list] = (struct forward_mirrors){
				first, targets - first,
				is_whole(&plan->targets[first], targets - first,
					 END_TARGET(plan->ends[i]))};
	}
	plan->ends[env->config->rule_count] =
		plan_end(plan, env, env->config->rule_count, &env->config->default_actions,
			 FORWARD_DROP_DEFAULT, 0);
}

static bool
allocate(struct forward_plan *plan, const struct config *config)
{
	uint32_t lists = 1, targets = 0;

	for (unsigned i = 0; i < config->rule_count; i++) {
		uint32_t mirrors = count_mirrors(&config->rules[i].actions);

		lists += mirrors > 0;
		targets += mirrors;
	}
	plan->ends = calloc(config->rule_count + 1, sizeof(*plan->ends));
	plan->mirrors = calloc(lists, sizeof(*plan->mirrors));
	plan->targets = calloc(targets + 1, 1);
	return plan->ends && plan->mirrors && plan->targets;
}

static int
fill(struct forward_plan *plan, const struct stage_env *env)
{
	const struct config *config = env->config;
	struct coder coder = {plan, env};
	struct form_targets targets = {code, segments_of, keeps, loops, &coder, FORWARD_GROUP};
	uint32_t *by = calloc(config->rule_count + 1, sizeof(*by));
	int ret = by ? forms_make(&plan->forms, config, &targets, by) : -ENOMEM;

	if (ret == 0)
		plan_lists(plan, env, by);
	free(by);
	return ret;
}

struct forward_plan *
forward_plan_make(const struct stage_env *env, struct forward_others *others)
{
	struct forward_plan *plan = calloc(1, sizeof(*plan));
	const struct config *config = env->config;

	if (!plan) {
		forward_others_free(others);
		return NULL;
	}
	plan->others = *others;
	plan->uses_groups = config->group_count > 0;
	for (unsigned i = 0; env->ports && i < config->port_count; i++)
		plan->ports[env->ports[i]->index] = env->ports[i];
	for (unsigned i = 0; i < config->group_count; i++) {
		plan_group(&config->groups[i], env->ports, &plan->groups[i]);
		plan->enters |= plan->groups[i].inner;
	}
	if (env->pool) {
		plan->packets = env->pool->pool;
		plan->headers = env->pool->headers;
		plan->copy_break = env->pool->copy_break;
	}
	if (allocate(plan, config) && fill(plan, env) == 0)
		return plan;
	forward_plan_free(plan);
	return NULL;
}

void
forward_plan_free(struct forward_plan *plan)
{
	if (!plan)
		return;
	free(plan->ends);
	free(plan->mirrors);
	free(plan->targets);
	forms_free(&plan->forms);
	forward_others_free(&plan->others);
	free(plan);
}
