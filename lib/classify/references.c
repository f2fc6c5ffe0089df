/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/references.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "classify/layers.h"
#include "classify/match.h"

#include "core/banned.h"

/*
 * A packet gets the targets of every rule that passes it on and of the one that decides. Their
 * plain sum over a port's rules is an upper bound, which hardly any config comes near. Where it is
 * too large, rules of which no two can take the same packet are put into one class, which then
 * counts as its largest. Rules of one match take the same packets, and so are one to that, known by
 * the first of them: there are no more matches than the layers take.
 */
struct class
{
	uint32_t first;   /* rule plus 1; the others by work->next */
	uint32_t largest; /* the rule with the most targets, with those of its match */
};

/* By the first rule of a match: all of them. */
struct alike {
	uint64_t targets;
	uint32_t rules, last;
};

struct work {
	const struct config *config;
	unsigned port;
	uint32_t end;   /* the first rule that no packet of the port comes to */
	uint32_t *next; /* by rule: the next of its class, plus 1 */
	struct alike *alike;
	uint32_t *buckets; /* open addressing by a match's hash: rule plus 1 */
	uint32_t bucket_mask;
	struct class *classes;
	uint32_t class_count;
};

static uint32_t
targets_of(const struct config_rule *rule)
{
	return config_targets(&rule->actions);
}

static bool
passes(const struct config_rule *rule)
{
	return !config_end(&rule->actions);
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
	uint32_t most = config_targets(&config->default_actions);

	for (work->end = 0; work->end < config->rule_count; work->end++) {
		const struct config_rule *rule = rule_at(work, work->end);

		if (!rule || passes(rule))
			continue;
		if (targets_of(rule) > most)
			most = targets_of(rule);
		if (!rule->filter && !rule->match.tunnel && match_is_empty(&rule->match))
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
	if (work->alike[index].targets > work->alike[class->largest].targets)
		class->largest = index;
}

/* The first rule of the match of this one, which may be itself. */
static uint32_t
first_alike(struct work *work, uint32_t index)
{
	const struct config_rule *rules = work->config->rules;
	uint32_t bucket = match_hash(&rules[index].match) >> 32 & work->bucket_mask;

	for (; work->buckets[bucket]; bucket = (bucket + 1) & work->bucket_mask) {
		uint32_t other = work->buckets[bucket] - 1;

		if (match_equal(&rules[other].match, &rules[index].match))
			return other;
	}
	work->buckets[bucket] = index + 1;
	return index;
}

/* Returns how many matches there are. */
static uint32_t
gather(struct work *work)
{
	uint32_t matches = 0;

	memset(work->buckets, 0, (work->bucket_mask + (size_t)1) * sizeof(*work->buckets));
	memset(work->alike, 0, work->config->rule_count * sizeof(*work->alike));
	for (uint32_t i = 0; i < work->end; i++) {
		const struct config_rule *rule = rule_at(work, i);
		struct alike *alike;

		if (!rule || !passes(rule) || targets_of(rule) == 0)
			continue;
		alike = &work->alike[first_alike(work, i)];
		matches += alike->rules == 0;
		alike->targets += targets_of(rule);
		alike->rules++;
		alike->last = i;
	}
	return matches;
}

/* The same by classes, of what was gathered. */
static uint64_t
class_sum(struct work *work)
{
	uint64_t sum = 0;

	work->class_count = 0;
	for (uint32_t i = 0; i < work->end; i++) {
		if (work->alike[i].rules)
			classify_rule(work, i);
	}
	for (uint32_t i = 0; i < work->class_count; i++)
		sum += work->alike[work->classes[i].largest].targets;
	return sum;
}

static void
say(const struct work *work, uint64_t sum, struct error_list *errors)
{
	const struct config_rule *rules = work->config->rules;
	const struct config_rule *first = &rules[work->classes[0].largest], *last;
	uint32_t count = 0;

	for (uint32_t i = 0; i < work->class_count; i++)
		count += work->alike[work->classes[i].largest].rules;
	last = &rules[work->alike[work->classes[work->class_count - 1].largest].last];
	error_add(errors, last->place.line, last->place.column, NULL,
		  "rules %s to %s: %" PRIu32 " rules that pass packets on can take the same packet "
		  "of port %s, and give it, with "
		  "the one that decides, to %" PRIu64 " targets; at most %u can have one packet",
		  first->name, last->name, count, work->config->ports[work->port].name, sum,
		  REFERENCES_MAX);
}

static int
make_room(struct work *work)
{
	uint32_t rules = work->config->rule_count, buckets = 2;

	if (work->next)
		return 0;
	while (buckets < 2 * rules)
		buckets *= 2;
	work->bucket_mask = buckets - 1;
	work->next = calloc(rules, sizeof(*work->next));
	work->classes = calloc(rules, sizeof(*work->classes));
	work->alike = calloc(rules, sizeof(*work->alike));
	work->buckets = calloc(buckets, sizeof(*work->buckets));
	return work->next && work->classes && work->alike && work->buckets ? 0 : -ENOMEM;
}

static int
check_port(struct work *work, struct error_list *errors)
{
	uint64_t sum, deciding = find_end(work);

	if (plain_sum(work) + deciding <= REFERENCES_MAX)
		return 0;
	if (make_room(work) < 0)
		return -ENOMEM;
	/* So many, one without keys aside, are refused as such, and to compare each with all others
	 * takes hours. */
	if (gather(work) > LAYERS_MATCHES_MAX + 1)
		return 0;
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
	free(work.alike);
	free(work.buckets);
	return ret;
}
