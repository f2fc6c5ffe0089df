/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/layers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify/entries.h"

#include "core/banned.h"

/* Keys and ports that one rule or several have. */
struct predicate {
	const struct config_match *match;
	uint64_t from, hash;
	bool listed; /* in plan->predicate_lists, and in no layer */
	uint32_t layer;
	uint32_t next_in_layer; /* index plus 1 */
	/* Rules among those that have it which can enter a packet in burst->passed. */
	uint32_t mirrors;
};

struct layer {
	uint32_t first;   /* index of a predicate plus 1 */
	uint32_t mirrors; /* the most that one of its predicates has */
};

struct work {
	struct predicate *predicates;
	uint32_t count;
	uint32_t *buckets; /* open addressing by hash: index plus 1 */
	uint32_t bucket_mask;
	struct layer *layers;
	uint32_t layer_count;
};

static uint32_t
find_or_add(struct work *work, const struct config_rule *rule)
{
	uint64_t hash = match_hash(&rule->match) ^ rule->from * 0x9e3779b97f4a7c15;
	uint32_t bucket = (uint32_t)(hash >> 32) & work->bucket_mask;

	for (;; bucket = (bucket + 1) & work->bucket_mask) {
		uint32_t entry = work->buckets[bucket];
		struct predicate *predicate;

		if (entry == 0)
			break;
		predicate = &work->predicates[entry - 1];
		if (predicate->hash == hash && predicate->from == rule->from &&
		    match_equal(predicate->match, &rule->match))
			return entry - 1;
	}
	work->predicates[work->count] = (struct predicate){
		.match = &rule->match,
		.from = rule->from,
		.hash = hash,
	};
	work->buckets[bucket] = ++work->count;
	return work->count - 1;
}

static bool
fits(const struct work *work, const struct layer *layer, const struct predicate *predicate)
{
	for (uint32_t i = layer->first; i != 0; i = work->predicates[i - 1].next_in_layer) {
		const struct predicate *other = &work->predicates[i - 1];

		if ((other->from & predicate->from) &&
		    match_overlap(other->match, predicate->match))
			return false;
	}
	return true;
}

static void
assign_layers(struct work *work)
{
	for (uint32_t i = 0; i < work->count; i++) {
		struct predicate *predicate = &work->predicates[i];
		struct layer *layer;
		uint32_t at = 0;

		if (predicate->listed)
			continue;
		while (at < work->layer_count && !fits(work, &work->layers[at], predicate))
			at++;
		layer = &work->layers[at];
		if (at == work->layer_count)
			work->layer_count++;
		predicate->layer = at;
		predicate->next_in_layer = layer->first;
		layer->first = i + 1;
		if (predicate->mirrors > layer->mirrors)
			layer->mirrors = predicate->mirrors;
	}
}

/* Two passes, as a list's indices stand side by side: first which predicate, then its rules. */
static int
collect(struct classify_plan *plan, struct work *work, struct error_list *errors)
{
	uint64_t totals[PACKET_KINDS] = {0};
	uint32_t *owner = calloc(plan->condition_count + 1, sizeof(*owner));
	int ret = 0;

	if (!owner)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->condition_count && ret == 0; i++) {
		const struct config_rule *rule = &plan->config->rules[plan->conditions[i].rule];
		uint32_t before = work->count;

		if (match_is_empty(&rule->match) || plan->conditions[i].inside)
			continue;
		owner[i] = find_or_add(work, rule) + 1;
		plan->layer_ports |= rule->from;
		if (work->count == before)
			continue;
		work->predicates[before].listed =
			entries_are_listed(rule, rule->from, plan->all_ports, totals);
		if (work->count > LAYERS_MATCHES_MAX) {
			error_add(errors, rule->place.line, rule->place.column, NULL,
				  "rule %s is one too many: at most %u different matches can stand "
				  "in rules that have a filter or pass packets on",
				  rule->name, LAYERS_MATCHES_MAX);
			ret = -E2BIG;
		}
	}
	plan->predicate_count = work->count;
	plan->predicates = calloc(work->count + 1, sizeof(*plan->predicates));
	if (!plan->predicates)
		ret = -ENOMEM;
	if (ret < 0)
		goto out;

	for (uint32_t i = 0; i < plan->condition_count; i++) {
		if (owner[i])
			plan->predicates[owner[i] - 1].count++;
	}
	for (uint32_t i = 0; i < work->count; i++) {
		plan->predicates[i].first = plan->index_count;
		plan->index_count += plan->predicates[i].count;
		plan->predicates[i].count = 0;
	}
	for (uint32_t i = 0; i < plan->condition_count; i++) {
		struct classify_list *list;

		if (!owner[i])
			continue;
		list = &plan->predicates[owner[i] - 1];
		plan->indices[list->first + list->count++] = i;
		work->predicates[owner[i] - 1].mirrors += plan->conditions[i].mirrors;
	}
out:
	free(owner);
	return ret;
}

static int
make_stack(struct classify_plan *plan, const struct work *work, uint32_t number, int numa)
{
	struct classify_stack *stack = &plan->stacks[number];
	struct acl_entry *entries = calloc(work->count, sizeof(*entries));
	uint32_t first = number * ACL_CATEGORIES_MAX;
	uint32_t layers = work->layer_count - first, categories;
	size_t count = 0;
	int ret = 0;

	if (!entries)
		return -ENOMEM;
	if (layers > ACL_CATEGORIES_MAX)
		layers = ACL_CATEGORIES_MAX;
	categories = layers == 1 ? 1 : (layers + 3) / 4 * 4;
	for (uint32_t i = 0; i < work->count; i++) {
		const struct predicate *predicate = &work->predicates[i];

		if (predicate->listed || predicate->layer < first ||
		    predicate->layer >= first + layers)
			continue;
		entries[count++] = (struct acl_entry){
			.match = predicate->match,
			.from = predicate->from,
			.value = i + 1,
			.category = predicate->layer - first,
		};
	}
	for (unsigned kind = 0; kind < PACKET_KINDS && ret == 0; kind++)
		ret = acl_make(kind, entries, count, categories, plan->all_ports, numa,
			       &stack->tables[kind]);
	free(entries);
	return ret;
}

static int
make_stacks(struct classify_plan *plan, const struct work *work, int numa)
{
	uint32_t count = (work->layer_count + ACL_CATEGORIES_MAX - 1) / ACL_CATEGORIES_MAX;

	plan->layer_count = work->layer_count;
	plan->stacks = calloc(count + 1, sizeof(*plan->stacks));
	if (!plan->stacks)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		int ret;

		plan->stack_count = i + 1;
		ret = make_stack(plan, work, i, numa);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Lists answer with every predicate that holds, however they overlap, so that these need no
 * layers. */
static int
make_lists(struct classify_plan *plan, const struct work *work)
{
	struct acl_entry *entries = calloc(work->count + 1, sizeof(*entries));
	uint32_t count = 0;
	int ret;

	if (!entries)
		return -ENOMEM;
	for (uint32_t i = 0; i < work->count; i++) {
		const struct predicate *predicate = &work->predicates[i];

		if (!predicate->listed)
			continue;
		entries[count++] = (struct acl_entry){
			.match = predicate->match,
			.from = predicate->from,
			.value = i,
		};
		plan->passes_max += predicate->mirrors;
	}
	plan->sources_max = plan->layer_count + count;
	ret = lists_make(entries, count, &plan->predicate_lists);
	free(entries);
	return ret;
}

int
layers_make(struct classify_plan *plan, const struct stage_env *env, struct error_list *errors)
{
	struct work work = {.bucket_mask = 1};
	int ret = -ENOMEM;

	while (work.bucket_mask < plan->condition_count * 2)
		work.bucket_mask *= 2;
	work.buckets = calloc(work.bucket_mask, sizeof(*work.buckets));
	work.bucket_mask--;
	work.predicates = calloc(plan->condition_count + 1, sizeof(*work.predicates));
	work.layers = calloc(plan->condition_count + 1, sizeof(*work.layers));
	if (work.buckets && work.predicates && work.layers)
		ret = collect(plan, &work, errors);
	if (ret == 0) {
		assign_layers(&work);
		for (uint32_t i = 0; i < work.layer_count; i++)
			plan->passes_max += work.layers[i].mirrors;
		ret = make_stacks(plan, &work, env->numa);
	}
	if (ret == 0)
		ret = make_lists(plan, &work);
	free(work.buckets);
	free(work.predicates);
	free(work.layers);
	return ret;
}
