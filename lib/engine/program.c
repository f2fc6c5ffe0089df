/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/program.h"

#include <errno.h>
#include <rte_malloc.h>
#include <stdlib.h>

#include "core/populate.h"
#include "core/units.h"
#include "engine/heirs.h"

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
	free(program->totals.rules);
	free(program->totals.acted);
	free(program->heirs);
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
make_local(struct program *program, struct program_local *local, unsigned rules)
{
	for (unsigned i = 0; i < 2; i++) {
		local->rules[i] = make_counters(rules, sizeof(*local->rules[i]));
		if (!local->rules[i])
			return -ENOMEM;
		if (!program->totals.acted)
			continue;
		local->acted[i] = make_counters(rules, sizeof(*local->acted[i]));
		if (!local->acted[i])
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
	if (wanted)
		totals->acted = calloc(rules, sizeof(*totals->acted));
	return totals->rules && (totals->acted || !wanted);
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

int
program_make(struct config *config, struct port *const *ports, const struct port_pool *pool,
	     unsigned workers, const struct program *before, struct program **out,
	     struct error_list *errors)
{
	struct stage_env env = {.config = config,
				.ports = ports,
				.pool = pool,
				.targets = rooms_targets,
				.workers = workers,
				.numa = -1};
	struct program *program = calloc(1, sizeof(*program));
	int ret = -ENOMEM;

	if (!program)
		goto no_memory;
	program->worker_count = workers;
	for (unsigned i = 0; i < config->port_count; i++)
		program->slots[i] = ports ? ports[i]->index : i;
	if (!make_totals(config, &program->totals))
		goto no_memory;
	for (unsigned i = 0; i < ROOMS_STAGES; i++) {
		void *state = NULL;

		env.before = state_of(before, rooms_stages[i]);
		ret = rooms_stages[i]->compile(&env, &state, errors);
		if (ret < 0)
			goto failed;
		if (state)
			program->stages[program->stage_count++] =
				(struct program_stage){rooms_stages[i], state};
	}
	for (unsigned i = 0; i < workers; i++) {
		place_ports(program, config->port_count, &program->locals[i]);
		ret = make_local(program, &program->locals[i], config->rule_count + 1);
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

/* Most rules of many took nothing since the last time: their memory is read, and not written. */
void
program_gather(struct program *program, unsigned worker, unsigned turn)
{
	struct tally_rule *rules = program->locals[worker].rules[turn];
	struct tally_acted *acted = program->locals[worker].acted[turn];

	for (unsigned i = 0; i <= program->config->rule_count; i++) {
		if (!rules[i].packets)
			continue;
		tally_add_rule(&program->totals.rules[i], &rules[i]);
		rules[i] = (struct tally_rule){0};
		if (!acted)
			continue;
		tally_add_acted(&program->totals.acted[i], &acted[i]);
		acted[i] = (struct tally_acted){0};
	}
	if (program->before)
		program_gather(program->before, worker, turn);
}

int
program_follow(struct program *program, struct program *before)
{
	free(program->heirs);
	program->before = before;
	program->heirs = heirs_find(before->config, program->config);
	return program->heirs ? 0 : -ENOMEM;
}

static bool
decides(const struct config *config, unsigned rule)
{
	return rule == config->rule_count || config_end(&config->rules[rule].actions);
}

/* What edits and gates of a rule counted: to its heir what that one counts too, and the rest to what is no more. */
static void
add_acted(const struct program *program, unsigned rule, struct program_totals *totals)
{
	const struct program *before = program->before;
	const struct config *after = program->config;
	uint32_t heir = program->heirs[rule];
	bool lives = heir < after->rule_count && totals->acted;
	unsigned verbs = lives ? config_verbs(&after->rules[heir].actions) : 0;
	const uint64_t *from = (const uint64_t *)&before->totals.acted[rule];
	uint64_t *to = lives ? (uint64_t *)&totals->acted[heir] : NULL;
	uint64_t *gone =
		(uint64_t *)(decides(before->config, rule) ? &totals->retired_acted
							   : &totals->retired_passed_acted);

	for (unsigned i = 0; i < TALLY_ACTED; i++)
		*(verbs & tally_acted_verbs[i] ? &to[i] : &gone[i]) += from[i];
}

/* Of the program before: to its rules' heirs, and of the others to what is no more. */
static void
add_inheritance(const struct program *program, struct program_totals *totals)
{
	const struct program *before = program->before;

	tally_add_rule(&totals->retired, &before->totals.retired);
	tally_add_rule(&totals->retired_passed, &before->totals.retired_passed);
	tally_add_acted(&totals->retired_acted, &before->totals.retired_acted);
	tally_add_acted(&totals->retired_passed_acted, &before->totals.retired_passed_acted);
	for (unsigned i = 0; i <= before->config->rule_count; i++) {
		const struct tally_rule *total = &before->totals.rules[i];
		uint32_t heir = program->heirs[i];

		if (before->totals.acted)
			add_acted(program, i, totals);
		if (heir != HEIRS_NONE)
			tally_add_rule(&totals->rules[heir], total);
		else
			tally_add_rule(decides(before->config, i) ? &totals->retired
								  : &totals->retired_passed,
				       total);
	}
}

void
program_add_totals(const struct program *program, struct program_totals *totals)
{
	for (unsigned i = 0; i <= program->config->rule_count; i++)
		tally_add_rule(&totals->rules[i], &program->totals.rules[i]);
	for (unsigned i = 0; totals->acted && i <= program->config->rule_count; i++)
		tally_add_acted(&totals->acted[i], &program->totals.acted[i]);
	tally_add_rule(&totals->retired, &program->totals.retired);
	tally_add_rule(&totals->retired_passed, &program->totals.retired_passed);
	tally_add_acted(&totals->retired_acted, &program->totals.retired_acted);
	tally_add_acted(&totals->retired_passed_acted, &program->totals.retired_passed_acted);
	if (program->before)
		add_inheritance(program, totals);
}

void
program_carry(struct program *program)
{
	for (unsigned i = 0; i < program->before->worker_count; i++) {
		program_gather(program->before, i, 0);
		program_gather(program->before, i, 1);
	}
	add_inheritance(program, &program->totals);
	free(program->heirs);
	program->heirs = NULL;
	program->before = NULL;
}
