/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/plan.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/banned.h"

#define PLACE_MAX 512 /* longer than any rule's name */

struct build {
	const struct stage_env *env;
	struct gate_plan *plan;
	bool *asked; /* by policer: some gate does */
};

static struct meter *
find_meter(const struct gate_plan *plan, const char *name)
{
	uint32_t found = plan ? names_find(&plan->names, name) : NAMES_NONE;

	return found == NAMES_NONE ? NULL : plan->meters[found];
}

/* That of the program before, if it counts the same. */
static struct meter *
add_meter(struct build *build, const char *name, const struct config_rate *rate)
{
	struct gate_plan *plan = build->plan;
	struct meter *meter = find_meter(build->env->before, name);

	if (meter && meter->packets == rate->packets)
		meter_hold(meter);
	else
		meter = meter_make(name, rate, build->env->workers);
	if (!meter)
		return NULL;
	names_add(&plan->names, meter->name, plan->meter_count);
	plan->meters[plan->meter_count++] = meter;
	return meter;
}

/* No policer's name has a space. */
static void
name_place(const char *rule, unsigned gate, char *out)
{
	snprintf(out, PLACE_MAX, "%s %u", rule, gate);
}

static int
set_rate(struct build *build, const struct config_rate *rate, const char *place, struct gate *gate)
{
	struct meter *meter;

	if (rate->policer >= 0) {
		meter = build->plan->meters[rate->policer];
		build->plan->mingled |= build->asked[rate->policer];
		build->asked[rate->policer] = true;
	} else {
		meter = add_meter(build, place, rate);
		if (!meter)
			return -ENOMEM;
	}
	meter_ask(rate, meter, &gate->rate);
	return 0;
}

static uint32_t
police_pass(const struct gate *gate, void *memory, struct burst *burst, uint32_t packets)
{
	return meter_within(&gate->rate, burst, packets);
}

static uint32_t
above_pass(const struct gate *gate, void *memory, struct burst *burst, uint32_t packets)
{
	return packets & ~meter_within(&gate->rate, burst, packets);
}

#define COUNTED(member) (offsetof(struct tally_acted, member) / sizeof(uint64_t))

static int
set_gate(struct build *build, const struct config_action *action, const char *place,
	 struct gate *gate)
{
	switch (action->verb) {
	case CONFIG_POLICE:
	case CONFIG_ABOVE:
		gate->pass = action->verb == CONFIG_POLICE ? police_pass : above_pass;
		gate->counted = COUNTED(policed);
		return set_rate(build, action->rate, place, gate);
	case CONFIG_SAMPLE:
		gate->pass = action->sample->by_flow ? sample_flow_pass : sample_pass;
		gate->counted = COUNTED(sampled_out);
		gate->one_in = action->sample->one_in;
		gate->memory = build->plan->memory;
		build->plan->memory += sizeof(uint32_t);
		return 0;
	default:
		return 0;
	}
}

static int
set_rule(struct build *build, unsigned index)
{
	const struct config_rule *rule = &build->env->config->rules[index];
	struct gate_plan *plan = build->plan;
	struct config_gate gates[CONFIG_GATES_MAX];
	struct gate_list *list = &plan->lists[index];
	char place[PLACE_MAX];
	int ret = 0;

	*list = (struct gate_list){plan->gate_count, config_gates(&rule->actions, gates)};
	for (unsigned i = 0; i < list->count && ret == 0; i++) {
		struct gate *gate = &plan->gates[plan->gate_count++];

		gate->otherwise = gates[i].otherwise;
		name_place(rule->name, i, place);
		ret = set_gate(build, gates[i].action, place, gate);
	}
	return ret;
}

static unsigned
count_gates(const struct config *config)
{
	struct config_gate gates[CONFIG_GATES_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < config->rule_count; i++)
		count += config_gates(&config->rules[i].actions, gates);
	return count;
}

static int
fill(struct build *build, unsigned gates)
{
	const struct config *config = build->env->config;
	struct gate_plan *plan = build->plan;
	unsigned meters = gates + config->policer_count;

	plan->lists = calloc(config->rule_count + 1, sizeof(*plan->lists));
	plan->gates = calloc(gates + 1, sizeof(*plan->gates));
	plan->meters = calloc(meters, sizeof(struct meter *));
	build->asked = calloc(config->policer_count + 1, sizeof(*build->asked));
	if (!plan->lists || !plan->gates || !plan->meters || !build->asked ||
	    names_init(&plan->names, meters) < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < config->policer_count; i++) {
		const struct config_policer *policer = &config->policers[i];

		if (!add_meter(build, policer->name, &policer->rate))
			return -ENOMEM;
	}
	for (unsigned i = 0; i < config->rule_count; i++) {
		if (set_rule(build, i) < 0)
			return -ENOMEM;
	}
	return 0;
}

int
gate_plan_make(const struct stage_env *env, struct gate_plan **out)
{
	unsigned gates = count_gates(env->config);
	struct build build = {.env = env};
	int ret;

	*out = NULL;
	if (gates + env->config->policer_count == 0)
		return 0;
	build.plan = calloc(1, sizeof(*build.plan));
	if (!build.plan)
		return -ENOMEM;
	ret = fill(&build, gates);
	free(build.asked);
	if (ret < 0)
		gate_plan_free(build.plan);
	else
		*out = build.plan;
	return ret;
}

void
gate_plan_free(struct gate_plan *plan)
{
	if (!plan)
		return;
	for (uint32_t i = 0; i < plan->meter_count; i++)
		meter_drop(plan->meters[i]);
	names_clear(&plan->names);
	free(plan->meters);
	free(plan->gates);
	free(plan->lists);
	free(plan);
}
