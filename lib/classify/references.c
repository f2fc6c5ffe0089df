/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/references.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "classify/match.h"

#include "core/banned.h"

/*
 * A packet gets the targets of every rule that passes it on and of the one that decides. Their plain sum over a port's
 * rules is an upper bound, which hardly any config comes near. Where it is too large, rules of which no two can take the
 * same packet are put into one class, which then counts as its largest.
 */
struct class
{
	uint32_t first;   /* rule plus 1; the others by work->next */
	uint32_t largest; /* the rule with the most targets */
};

struct work {
	const struct config *config;
	unsigned port;
	uint32_t end;   /* the first rule that no packet of the port comes to */
	uint32_t *next; /* by rule: the next of its class, plus 1 */
	struct class *classes;
	uint32_t class_count;
};

static uint32_t
targets_of(const struct config_rule *rule)
{
	return rule->actions.mirror_count + (rule->actions.end == CONFIG_END_FORWARD);
}

static bool
passes(const struct config_rule *rule)
{
	return rule->actions.end == CONFIG_END_NEXT;
}

static const struct config_rule *
rule_at(const struct work *work, uint32_t index)
{
	const struct config_rule *rule = &work->config->rules[index];

	return rule->from >> work->port & 1 ? rule : NULL;
}

/* Finds the end, and returns the most targets that one deciding rule has. */
static uint32_t
find_end(struct work *work)
{
	const struct config *config = work->config;
	uint32_t most = config->default_actions.end == CONFIG_END_FORWARD;

	for (work->end = 0; work->end < config->rule_count; work->end++) {
		const struct config_rule *rule = rule_at(work, work->end);

		if (!rule || passes(rule))
			continue;
		if (targets_of(rule) > most)
			most = targets_of(rule);
		if (!rule->filter && match_is_empty(&rule->match))
			break;
	}
	return most;
}

static uint64_t
plain_sum(const struct work *work)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < work->end; i++) {
		const struct config_rule *rule = rule_at(work, i);

		if (rule && passes(rule))
			sum += targets_of(rule);
	}
	return sum;
}

static bool
excludes(const struct work *work, const struct class *class, const struct config_rule *rule)
{
	for (uint32_t i = class->first; i != 0; i = work->next[i - 1]) {
		if (match_overlap(&work->config->rules[i - 1].match, &rule->match))
			return false;
	}
	return true;
}

static void
classify_rule(struct work *work, uint32_t index)
{
	const struct config_rule *rules = work->config->rules, *rule = &rules[index];
	uint32_t at = match_is_empty(&rule->match) ? work->class_count : 0;
	struct class *class;

	while (at < work->class_count && !excludes(work, &work->classes[at], rule))
		at++;
	class = &work->classes[at];
	if (at == work->class_count) {
		*class = (struct class){.largest = index};
		work->class_count++;
	}
	work->next[index] = class->first;
	class->first = index + 1;
	if (targets_of(rule) > targets_of(&rules[class->largest]))
		class->largest = index;
}

/* The same by classes. */
static uint64_t
class_sum(struct work *work)
{
	uint64_t sum = 0;

	work->class_count = 0;
	for (uint32_t i = 0; i < work->end; i++) {
		const struct config_rule *rule = rule_at(work, i);

		if (rule && passes(rule) && targets_of(rule))
			classify_rule(work, i);
	}
	for (uint32_t i = 0; i < work->class_count; i++)
		sum += targets_of(&work->config->rules[work->classes[i].largest]);
	return sum;
}

static void
say(const struct work *work, uint64_t sum, struct error_list *errors)
{
	const struct config_rule *rules = work->config->rules;
	const struct config_rule *first = &rules[work->classes[0].largest];
	const struct config_rule *last = &rules[work->classes[work->class_count - 1].largest];

	error_add(errors, last->place.line, last->place.column, NULL,
		  "rules %s to %s: %" PRIu32 " rules that pass packets on can take the same packet "
		  "of port %s, and give it, with "
		  "the one that decides, to %" PRIu64 " targets; at most %u can have one packet",
		  first->name, last->name, work->class_count, work->config->ports[work->port].name,
		  sum, REFERENCES_MAX);
}

static int
check_port(struct work *work, struct error_list *errors)
{
	uint64_t sum, deciding = find_end(work);

	if (plain_sum(work) + deciding <= REFERENCES_MAX)
		return 0;
	if (!work->next) {
		work->next = calloc(work->config->rule_count, sizeof(*work->next));
		work->classes = calloc(work->config->rule_count, sizeof(*work->classes));
	}
	if (!work->next || !work->classes)
		return -ENOMEM;
	sum = class_sum(work) + deciding;
	if (sum <= REFERENCES_MAX)
		return 0;
	say(work, sum, errors);
	return -E2BIG;
}

int
references_check(const struct config *config, struct error_list *errors)
{
	struct work work = {.config = config};
	int ret = 0;

	for (; work.port < config->port_count && ret == 0; work.port++)
		ret = check_port(&work, errors);
	free(work.next);
	free(work.classes);
	return ret;
}
