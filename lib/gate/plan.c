/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate/gate.h"

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
	uint32_t found = plan ? names_find(&plan->meter_names, name) : NAMES_NONE;

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
	names_add(&plan->meter_names, meter->name, plan->meter_count);
	plan->meters[plan->meter_count++] = meter;
	return meter;
}

static struct dedup *
find_dedup(const struct gate_plan *plan, const char *name)
{
	uint32_t found = plan ? names_find(&plan->dedup_names, name) : NAMES_NONE;

	return found == NAMES_NONE ? NULL : plan->dedups[found];
}

/* ordinal: of the rule's dedups, from 0. */
static int
make_dedup(struct build *build, const struct config_dedup *wanted, const char *rule,
	   unsigned ordinal, struct gate_dedup *gate)
{
	struct gate_plan *plan = build->plan;
	char name[PLACE_MAX];
	struct dedup *dedup;

	if (ordinal == 0)
		snprintf(name, sizeof(name), "%s", rule);
	else
		snprintf(name, sizeof(name), "%s#%u", rule, ordinal + 1);
	dedup = find_dedup(build->env->before, name);
	if (dedup && dedup_fits(dedup, wanted))
		dedup_hold(dedup);
	else
		dedup = dedup_make(name, wanted, build->env->workers);
	if (!dedup)
		return -ENOMEM;
	names_add(&plan->dedup_names, dedup->name, plan->dedup_count);
	plan->windows[plan->dedup_count] = wanted->window_ns;
	plan->dedups[plan->dedup_count++] = dedup;
	*gate = (struct gate_dedup){
		.dedup = dedup,
		.window_ns = wanted->window_ns,
		.across_ports = wanted->across_ports,
	};
	packet_digest_mask(wanted->ignoring, &gate->mask);
	return 0;
}

static uint32_t
dedup_pass(const struct gate *gate, void *memory, struct burst *burst, uint32_t packets)
{
	return packets & ~dedup_find(&gate->dedup, burst, packets);
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

_Static_assert((int)CONFIG_IGNORE_MAC == PACKET_DIGEST_MAC &&
		       (int)CONFIG_IGNORE_VLAN == PACKET_DIGEST_VLAN &&
		       (int)CONFIG_IGNORE_TTL == PACKET_DIGEST_TTL &&
		       (int)CONFIG_IGNORE_DSCP == PACKET_DIGEST_DSCP &&
		       (int)CONFIG_IGNORE_CHECKSUMS == PACKET_DIGEST_CHECKSUMS,
	       "one set of bits");

/* Where a gate stands. */
struct place {
	const char *rule;
	unsigned number;  /* of the rule's gates */
	unsigned ordinal; /* of those of the rule that have the same verb */
};

static int
set_police(struct build *build, const struct config_action *action, const struct place *place,
	   struct gate *gate)
{
	char name[PLACE_MAX];

	gate->pass = action->verb == CONFIG_POLICE ? police_pass : above_pass;
	name_place(place->rule, place->number, name);
	return set_rate(build, action->rate, name, gate);
}

static int
set_sample(struct build *build, const struct config_action *action, const struct place *place,
	   struct gate *gate)
{
	gate->pass = action->sample->by_flow ? sample_flow_pass : sample_pass;
	gate->one_in = action->sample->one_in;
	gate->memory = build->plan->memory;
	build->plan->memory += sizeof(uint32_t);
	return 0;
}

static int
set_dedup(struct build *build, const struct config_action *action, const struct place *place,
	  struct gate *gate)
{
	gate->pass = dedup_pass;
	return make_dedup(build, action->dedup, place->rule, place->ordinal, &gate->dedup);
}

/* By verb. 0, or -ENOMEM. */
static int (*const setters[CONFIG_VERBS])(struct build *build, const struct config_action *action,
					  const struct place *place, struct gate *gate) = {
	[CONFIG_POLICE] = set_police,
	[CONFIG_ABOVE] = set_police,
	[CONFIG_SAMPLE] = set_sample,
	[CONFIG_DEDUP] = set_dedup,
};

static int
set_rule(struct build *build, unsigned index)
{
	const struct config_rule *rule = &build->env->config->rules[index];
	struct gate_plan *plan = build->plan;
	struct config_gate gates[CONFIG_GATES_MAX];
	struct gate_list *list = &plan->lists[index];
	unsigned seen[CONFIG_VERBS] = {0};
	int ret = 0;

	*list = (struct gate_list){plan->gate_count, rule->step + CONFIG_STEP_GATES,
				   config_gates(&rule->actions, gates)};
	for (unsigned i = 0; i < list->count && ret == 0; i++) {
		struct gate *gate = &plan->gates[plan->gate_count++];
		enum config_verb verb = gates[i].action->verb;
		struct place place = {rule->name, i, seen[verb]++};

		gate->otherwise = gates[i].otherwise;
		gate->counted = tally_acted_of(verb);
		ret = setters[verb](build, gates[i].action, &place, gate);
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

uint64_t
gate_bytes(const struct config *config, unsigned *count)
{
	struct config_gate gates[CONFIG_GATES_MAX];
	uint64_t bytes = 0;

	*count = 0;
	for (unsigned i = 0; i < config->rule_count; i++) {
		unsigned gate_count = config_gates(&config->rules[i].actions, gates);

		for (unsigned g = 0; g < gate_count; g++) {
			if (gates[g].action->verb != CONFIG_DEDUP)
				continue;
			bytes += dedup_bytes(gates[g].action->dedup);
			++*count;
		}
	}
	return bytes;
}

static int
fill(struct build *build, unsigned gates)
{
	const struct config *config = build->env->config;
	struct gate_plan *plan = build->plan;
	unsigned meters = gates + config->policer_count;

	plan->lists = calloc(config->rule_count + 1, sizeof(*plan->lists));
	plan->gates = calloc(gates + 1, sizeof(*plan->gates));
	plan->meters = calloc(meters + 1, sizeof(struct meter *));
	plan->dedups = calloc(gates + 1, sizeof(struct dedup *));
	plan->windows = calloc(gates + 1, sizeof(*plan->windows));
	build->asked = calloc(config->policer_count + 1, sizeof(*build->asked));
	if (!plan->lists || !plan->gates || !plan->meters || !plan->dedups || !plan->windows ||
	    !build->asked || names_init(&plan->meter_names, meters) < 0 ||
	    names_init(&plan->dedup_names, gates + 1) < 0)
		return -ENOMEM;
	plan->policers = config->policers;
	plan->rules = config->rules;
	plan->policer_count = config->policer_count;
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
	for (uint32_t i = 0; i < plan->dedup_count; i++)
		dedup_drop(plan->dedups[i]);
	names_clear(&plan->meter_names);
	names_clear(&plan->dedup_names);
	free(plan->meters);
	free(plan->dedups);
	free(plan->windows);
	free(plan->gates);
	free(plan->lists);
	free(plan);
}
