/* SPDX-License-Identifier: BSD-3-Clause */
/* What rules counted: gathered of workers, and handed on from one program to the next. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "engine/heirs.h"
#include "engine/program.h"

#include "core/banned.h"

static unsigned
steps_of(const struct config *config, unsigned rule)
{
	if (rule >= config->rule_count)
		return 0;
	return (rule + 1 < config->rule_count ? config->rules[rule + 1].step : config->step_count) -
	       config->rules[rule].step;
}

/* What the rule counted anyway is not counted twice by workers. */
static void
gather_steps(struct program *program, unsigned rule, const struct program_local *local,
	     unsigned turn)
{
	unsigned count = steps_of(program->config, rule);
	uint64_t *from, *to;

	if (count == 0 || !local->step_counts[turn])
		return;
	from = local->step_counts[turn] + program->config->rules[rule].step;
	to = program->totals.steps + program->config->rules[rule].step;
	to[CONFIG_STEP_TAKEN] += local->rules[turn][rule].packets;
	for (unsigned i = CONFIG_STEP_GATES; i < count; i++) {
		to[i] += from[i];
		from[i] = 0;
	}
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
		gather_steps(program, i, &program->locals[worker], turn);
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

static char *
list_text(const struct config *config, unsigned rule)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	config_put_actions(out, config, &config->rules[rule].actions);
	return text_close(out, &text);
}

/* Whether each step of one is a step of the other. */
static bool
is_same_list(const struct config *one, unsigned rule, const struct config *other, uint32_t heir)
{
	char *a, *b;
	bool same;

	if (heir >= other->rule_count || steps_of(one, rule) == 0 ||
	    steps_of(one, rule) != steps_of(other, heir))
		return false;
	a = list_text(one, rule);
	b = list_text(other, heir);
	same = a && b && strcmp(a, b) == 0;
	free(a);
	free(b);
	return same;
}

int
program_follow(struct program *program, struct program *before)
{
	unsigned rules = before->config->rule_count + 1;

	free(program->heirs);
	free(program->same_lists);
	program->before = before;
	program->heirs = heirs_find(before->config, program->config);
	program->same_lists = calloc(rules, sizeof(*program->same_lists));
	if (!program->heirs || !program->same_lists)
		return -ENOMEM;
	for (unsigned i = 0; i < rules; i++)
		program->same_lists[i] =
			is_same_list(before->config, i, program->config, program->heirs[i]);
	return 0;
}

/* Of a list that is the same; what another one counted is no step's of this. */
static void
add_steps(const struct program *program, unsigned rule, struct program_totals *totals)
{
	const struct config *before = program->before->config;
	const struct config_rule *heir;

	if (!program->same_lists[rule] || !totals->steps)
		return;
	heir = &program->config->rules[program->heirs[rule]];
	for (unsigned i = 0; i < steps_of(before, rule); i++)
		totals->steps[heir->step + i] +=
			program->before->totals.steps[before->rules[rule].step + i];
}

static bool
decides(const struct config *config, unsigned rule)
{
	return rule == config->rule_count || config_end(&config->rules[rule].actions);
}

/* What edits and gates of a rule counted: to its heir what that one counts too, and the rest to
 * what is no more. */
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
		*(verbs & tally_acted_rows[i].verbs ? &to[i] : &gone[i]) += from[i];
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
		add_steps(program, i, totals);
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
	for (unsigned i = 0; totals->steps && i < program->config->step_count; i++)
		totals->steps[i] += program->totals.steps[i];
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
	free(program->same_lists);
	program->same_lists = NULL;
	program->before = NULL;
}
