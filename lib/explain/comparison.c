/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/comparison.h"

#include <stdlib.h>

#include "explain/covered.h"
#include "explain/edited.h"
#include "explain/phrase.h"
#include "look/describe.h"

#include "core/banned.h"

/* Rules that are named in a list; the rest is counted. */
#define RULES_MAX 10000

static json_t *
tell_rule(const struct config *config, uint32_t rule)
{
	return json_pack("{s:s, s:o}", "rule", deeds_name(config, rule), "actions",
			 phrase_actions(config, deeds_actions(config, rule)));
}

json_t *
comparison_side(const struct config *config, const struct change_side *side)
{
	json_t *told = tell_rule(config, side->rule), *passed = json_array(), *drops = json_array();

	for (uint32_t i = 0; i < side->passed_count; i++)
		json_array_append_new(passed, tell_rule(config, side->passed[i]));
	for (unsigned i = 0; i < DROP_REASONS; i++) {
		if (side->drops >> i & 1)
			json_array_append_new(drops, json_string(drop_reasons[i].name));
	}
	json_object_set_new(told, "passed", passed);
	json_object_set_new(told, "drops", drops);
	return told;
}

static json_t *
tell_example(const struct compare_packet *packet)
{
	char text[LOOK_TEXT_MAX];

	look_describe(packet->bytes, packet->length, text);
	return json_pack("{s:s, s:I, s:s, s:s, s:i, s:o}", "capture", packet->capture, "record",
			 (json_int_t)packet->record, "port", packet->port, "text", text, "length",
			 (int)packet->length, "hex", edited_hex(packet->bytes, packet->length));
}

static int
by_packets(const void *a, const void *b)
{
	const struct change *one = *(struct change *const *)a, *other = *(struct change *const *)b;

	if (one->packets != other->packets)
		return one->packets < other->packets ? 1 : -1;
	return one->number < other->number ? -1 : 1;
}

/* The commonest first. */
static void
tell_changes(const struct compare *compare, json_t *result)
{
	const struct config *old = compare->old.trial->config, *new = compare->new.trial->config;
	json_t *changes = json_array(), *moved = json_array();
	uint32_t count = compare->changes.count;
	struct change **sorted = malloc((count + 1) * sizeof(struct change *));

	for (uint32_t i = 0; sorted && i < count; i++)
		sorted[i] = compare->changes.all[i];
	if (sorted)
		qsort(sorted, count, sizeof(struct change *), by_packets);
	for (uint32_t i = 0; sorted && i < count; i++) {
		const struct change *change = sorted[i];
		json_t *told = json_pack("{s:I, s:I, s:o}", "packets", (json_int_t)change->packets,
					 "flows", (json_int_t)change->flows, "example",
					 tell_example(&change->first));

		json_object_set_new(told, "old", comparison_side(old, &change->old));
		json_object_set_new(told, "new", comparison_side(new, &change->new));
		if (change->group < 0)
			json_object_set_new(told, "same_outcome", json_boolean(change->same_end));
		else
			json_object_set_new(told, "group",
					    json_string(old->groups[change->group].name));
		json_array_append_new(change->group < 0 ? changes : moved, told);
	}
	free(sorted);
	json_object_set_new(result, "changes", changes);
	json_object_set_new(result, "moved", moved);
	json_object_set_new(result, "left_out",
			    json_integer((json_int_t)compare->changes.left_out));
}

/* What rules took, by name, of those that took something. */
static json_t *
tell_took(const struct compare_side *side)
{
	const struct config *config = side->trial->config;
	json_t *took = json_object();

	for (uint32_t i = 0; i <= config->rule_count && json_object_size(took) < RULES_MAX; i++) {
		uint64_t packets = side->trial->burst->rules[i].packets;

		if (packets)
			json_object_set_new(took, deeds_name(config, i),
					    json_integer((json_int_t)packets));
	}
	return took;
}

static json_t *
tell_unseen(const struct compare_side *side)
{
	const struct config *config = side->trial->config;
	json_t *unseen = json_array();

	for (uint32_t i = 0; i < config->rule_count && json_array_size(unseen) < RULES_MAX; i++) {
		if (side->trial->burst->rules[i].packets == 0)
			json_array_append_new(unseen, json_string(config->rules[i].name));
	}
	return unseen;
}

static void
tell_covered(const struct config *config, json_t *result)
{
	json_t *unreachable = json_array();
	uint32_t unasked, *by = covered(config, &unasked);

	for (uint32_t i = 0; by && i < config->rule_count; i++) {
		if (by[i] != COVERED_NONE && json_array_size(unreachable) < RULES_MAX)
			json_array_append_new(unreachable,
					      json_pack("{s:s, s:s}", "rule", config->rules[i].name,
							"behind", config->rules[by[i]].name));
	}
	free(by);
	json_object_set_new(result, "unreachable", unreachable);
	json_object_set_new(result, "unasked", json_integer(unasked));
}

json_t *
comparison_tell(const struct compare *compare)
{
	json_t *result = json_pack(
		"{s:I, s:I, s:b, s:I, s:I}", "packets", (json_int_t)compare->packets, "cut",
		(json_int_t)compare->cut, "flows_exact", (int)!compare->flows.full, "flows",
		(json_int_t)compare->flow_count, "same", (json_int_t)compare->same);

	if (!result)
		return NULL;
	tell_changes(compare, result);
	json_object_set_new(result, "rules",
			    json_pack("{s:o, s:o}", "old", tell_took(&compare->old), "new",
				      tell_took(&compare->new)));
	json_object_set_new(result, "unseen_rules", tell_unseen(&compare->new));
	tell_covered(compare->new.trial->config, result);
	return result;
}
