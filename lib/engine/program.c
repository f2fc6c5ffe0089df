/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/program.h"

#include <errno.h>
#include <rte_malloc.h>
#include <stdlib.h>

#include "core/populate.h"
#include "core/units.h"

#include "core/banned.h"

static void
free_local(struct program *program, struct program_local *local)
{
	for (unsigned i = 0; i < program->stage_count; i++) {
		const struct program_stage *stage = &program->stages[i];
		void *memory = local->steps[i].local;

		if (!memory)
			continue;
		if (stage->stage->local_fini)
			stage->stage->local_fini(stage->state, memory);
		rte_free(memory);
	}
	for (unsigned i = 0; i < 2; i++) {
		rte_free(local->rules[i]);
		rte_free(local->acted[i]);
		rte_free(local->step_counts[i]);
	}
}

void
program_free(struct program *program)
{
	if (!program)
		return;
	for (unsigned i = 0; i < program->worker_count; i++)
		free_local(program, &program->locals[i]);
	for (unsigned i = program->stage_count; i-- > 0;)
		program->stages[i].stage->release(program->stages[i].state);
	for (const struct target_state *target = program->targets; target->kind; target++) {
		if (target->state)
			target->kind->release(target->state);
	}
	free(program->totals.rules);
	free(program->totals.acted);
	free(program->totals.steps);
	free(program->heirs);
	free(program->same_lists);
	config_free(program->config);
	free(program);
}

static void
place_ports(const struct program *program, unsigned ports, struct program_local *local)
{
	memset(local->places, PROGRAM_NOWHERE, sizeof(local->places));
	for (unsigned i = 0; i < ports; i++)
		local->places[program->slots[i]] = i;
}

static void *
make_counters(unsigned rules, size_t size)
{
	void *counters = rte_calloc("rules", rules, size, RTE_CACHE_LINE_SIZE);

	if (counters)
		populate_memory(counters, rules * size);
	return counters;
}

static int
make_local(struct program *program, struct program_local *local, const struct config *config)
{
	unsigned rules = config->rule_count + 1;

	local->config = config;
	for (unsigned i = 0; i < 2; i++) {
		local->rules[i] = make_counters(rules, sizeof(*local->rules[i]));
		if (!local->rules[i])
			return -ENOMEM;
		if (!program->totals.acted)
			continue;
		local->acted[i] = make_counters(rules, sizeof(*local->acted[i]));
		local->step_counts[i] =
			make_counters(config->step_count, sizeof(*local->step_counts[i]));
		if (!local->acted[i] || !local->step_counts[i])
			return -ENOMEM;
	}
	for (unsigned i = 0; i < program->stage_count; i++) {
		const struct stage *stage = program->stages[i].stage;
		void *state = program->stages[i].state;
		struct program_step *step = &local->steps[i];
		size_t size = stage->local_size ? stage->local_size(state) : 0;

		*step = (struct program_step){.run = stage->run, .state = state};
		if (size == 0)
			continue;
		step->local = rte_zmalloc(stage->name, size, RTE_CACHE_LINE_SIZE);
		if (!step->local)
			return -ENOMEM;
		populate_memory(step->local, size);
		if (stage->local_init && stage->local_init(state, step->local) < 0)
			return -ENOMEM;
	}
	return 0;
}

static const char *
manner(const struct program *program, unsigned rule)
{
	for (unsigned i = 0; i < program->stage_count; i++) {
		const struct program_stage *stage = &program->stages[i];
		const char *text =
			stage->stage->manner ? stage->stage->manner(stage->state, rule) : NULL;

		if (text)
			return text;
	}
	return NULL;
}

static void
say_manners(const struct program *program, struct config *config)
{
	for (unsigned i = 0; i < config->rule_count; i++)
		config->rules[i].manner = manner(program, i);
}

static bool
acts(const struct config *config)
{
	for (unsigned i = 0; i < config->rule_count; i++) {
		if (config_verbs(&config->rules[i].actions) &
		    (CONFIG_EDIT_VERBS | CONFIG_GATE_VERBS))
			return true;
	}
	return false;
}

static bool
make_totals(const struct config *config, struct program_totals *totals)
{
	unsigned rules = config->rule_count + 1;
	bool wanted = acts(config);

	totals->rules = calloc(rules, sizeof(*totals->rules));
	if (!wanted)
		return totals->rules;
	totals->acted = calloc(rules, sizeof(*totals->acted));
	totals->steps = calloc(config->step_count, sizeof(*totals->steps));
	return totals->rules && totals->acted && totals->steps;
}

static const void *
state_of(const struct program *program, const struct stage *stage)
{
	for (unsigned i = 0; program && i < program->stage_count; i++) {
		if (program->stages[i].stage == stage)
			return program->stages[i].state;
	}
	return NULL;
}

static int
make_targets(struct program *program, struct stage_env *env, const struct program *before,
	     struct error_list *errors)
{
	int ret = 0;

	for (unsigned i = 0; rooms_targets[i] && ret == 0; i++) {
		struct target_state *target = &program->targets[i];

		target->kind = rooms_targets[i];
		env->before = before ? before->targets[i].state : NULL;
		if (env->before || config_target_count(env->config, target->kind->kind))
			ret = target->kind->compile(env, &target->state, errors);
	}
	env->targets = program->targets;
	return ret;
}

static int
make_stages(struct program *program, struct stage_env *env, const struct program *before,
	    struct error_list *errors)
{
	for (unsigned i = 0; i < ROOMS_STAGES; i++) {
		void *state = NULL;
		int ret;

		env->before = state_of(before, rooms_stages[i]);
		ret = rooms_stages[i]->compile(env, &state, errors);
		if (ret < 0)
			return ret;
		if (state)
			program->stages[program->stage_count++] =
				(struct program_stage){rooms_stages[i], state};
	}
	return 0;
}

int
program_make(struct config *config, const struct program_setting *setting, struct program **out,
	     struct error_list *errors)
{
	struct port *const *ports = setting->ports;
	struct stage_env env = {.config = config,
				.ports = ports,
				.pool = setting->pool,
				.use = setting->use,
				.workers = setting->workers,
				.numa = -1};
	struct program *program = calloc(1, sizeof(*program));
	int ret = -ENOMEM;

	if (!program)
		goto no_memory;
	program->worker_count = setting->workers;
	for (unsigned i = 0; i < config->port_count; i++)
		program->slots[i] = ports ? ports[i]->index : i;
	if (!make_totals(config, &program->totals))
		goto no_memory;
	ret = make_targets(program, &env, setting->before, errors);
	if (ret == 0)
		ret = make_stages(program, &env, setting->before, errors);
	if (ret < 0)
		goto failed;
	for (unsigned i = 0; i < setting->workers; i++) {
		place_ports(program, config->port_count, &program->locals[i]);
		ret = make_local(program, &program->locals[i], config);
		if (ret < 0)
			goto no_memory;
	}
	say_manners(program, config);
	program->config = config;
	*out = program;
	return 0;

no_memory:
	error_add(errors, 0, 0, NULL,
		  "out of memory for the tables of %u rule%s; reserve more hugepages "
		  "or use fewer rules",
		  config->rule_count, units_plural(config->rule_count));
failed:
	program_free(program);
	return ret;
}
