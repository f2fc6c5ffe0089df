/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/program.h"

#include <errno.h>
#include <rte_malloc.h>
#include <stdlib.h>
#include <string.h>

#include "classify/classify.h"
#include "core/populate.h"
#include "forward/forward.h"

#include "core/banned.h"

const struct stage *const program_stages[PROGRAM_STAGES] = {
	&classify_stage,
	&forward_stage,
};

static void
free_local(struct program *program, struct program_local *local)
{
	for (unsigned i = 0; i < PROGRAM_STAGES; i++) {
		if (!local->stages[i])
			continue;
		if (program_stages[i]->local_fini)
			program_stages[i]->local_fini(program->states[i], local->stages[i]);
		rte_free(local->stages[i]);
	}
	rte_free(local->rules);
	rte_free(local->answer);
}

void
program_free(struct program *program)
{
	if (!program)
		return;
	for (unsigned i = 0; i < program->worker_count; i++)
		free_local(program, &program->locals[i]);
	for (unsigned i = PROGRAM_STAGES; i-- > 0;) {
		if (program->states[i])
			program_stages[i]->release(program->states[i]);
	}
	free(program->carried);
	config_free(program->config);
	free(program);
}

static int
make_local(struct program *program, struct program_local *local, unsigned rules)
{
	local->rules = rte_calloc("rules", rules, sizeof(*local->rules), RTE_CACHE_LINE_SIZE);
	local->answer = rte_calloc("rules", rules, sizeof(*local->answer), RTE_CACHE_LINE_SIZE);
	if (!local->rules || !local->answer)
		return -ENOMEM;
	populate_memory(local->rules, rules * sizeof(*local->rules));
	populate_memory(local->answer, rules * sizeof(*local->answer));
	for (unsigned i = 0; i < PROGRAM_STAGES; i++) {
		const struct stage *stage = program_stages[i];
		size_t size = stage->local_size ? stage->local_size(program->states[i]) : 0;

		if (size == 0)
			continue;
		local->stages[i] = rte_zmalloc(stage->name, size, RTE_CACHE_LINE_SIZE);
		if (!local->stages[i])
			return -ENOMEM;
		populate_memory(local->stages[i], size);
		if (stage->local_init &&
		    stage->local_init(program->states[i], local->stages[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

int
program_make(struct config *config, const struct ports *ports, unsigned workers,
	     struct program **out, struct error_list *errors)
{
	struct stage_env env = {.config = config, .ports = ports->items, .numa = -1};
	struct program *program = calloc(1, sizeof(*program));
	int ret = -ENOMEM;

	if (!program)
		goto no_memory;
	program->worker_count = workers;
	program->carried = calloc(config->rule_count + 1, sizeof(*program->carried));
	if (!program->carried)
		goto no_memory;
	for (unsigned i = 0; i < PROGRAM_STAGES; i++) {
		ret = program_stages[i]->compile(&env, &program->states[i], errors);
		if (ret < 0) {
			program->states[i] = NULL;
			goto failed;
		}
	}
	for (unsigned i = 0; i < workers; i++) {
		ret = make_local(program, &program->locals[i], config->rule_count + 1);
		if (ret < 0)
			goto no_memory;
	}
	program->config = config;
	*out = program;
	return 0;

no_memory:
	error_add(errors, 0, 0, NULL,
		  "out of memory for the tables of %u rules; reserve more hugepages "
		  "or use fewer rules",
		  config->rule_count);
failed:
	program_free(program);
	return ret;
}

static void
add(struct tally_rule *sum, const struct tally_rule *part)
{
	sum->packets += part->packets;
	sum->bytes += part->bytes;
}

struct tally_rule
program_rule_total(const struct program *program, unsigned rule, bool live)
{
	struct tally_rule sum = program->carried[rule];

	for (unsigned i = 0; i < program->worker_count; i++) {
		const struct program_local *local = &program->locals[i];

		add(&sum, live ? &local->rules[rule] : &local->answer[rule]);
	}
	return sum;
}

static int
by_name(const void *a, const void *b)
{
	const struct config_rule *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static bool
passes_on(const struct config_rule *rule)
{
	return rule->actions.end == CONFIG_END_NEXT;
}

void
program_carry(const struct program *old, struct program *successor)
{
	const struct config *config = successor->config;
	unsigned count = config->rule_count;
	const struct config_rule **sorted = calloc(count + 1, sizeof(const struct config_rule *));
	struct tally_rule total;

	add(&successor->retired, &old->retired);
	add(&successor->retired_passed, &old->retired_passed);
	for (unsigned i = 0; sorted && i < count; i++)
		sorted[i] = &config->rules[i];
	if (sorted)
		qsort(sorted, count, sizeof(const struct config_rule *), by_name);
	for (unsigned i = 0; i < old->config->rule_count; i++) {
		const struct config_rule *rule = &old->config->rules[i], **found = NULL;

		total = program_rule_total(old, i, true);
		if (sorted)
			found = bsearch(&rule, sorted, count, sizeof(const struct config_rule *),
					by_name);
		if (found && passes_on(*found) == passes_on(rule))
			add(&successor->carried[*found - config->rules], &total);
		else
			add(passes_on(rule) ? &successor->retired_passed : &successor->retired,
			    &total);
	}
	total = program_rule_total(old, old->config->rule_count, true);
	add(&successor->carried[count], &total);
	free(sorted);
}
