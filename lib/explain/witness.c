/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/edited.h"
#include "explain/others.h"
#include "explain/seek.h"
#include "explain/unshown.h"
#include "explain/where.h"
#include "look/describe.h"

#include "core/banned.h"

static void
make_known(const struct search *search, const char *old, const char *new, const char *group)
{
	char *key = NULL;

	if (asprintf(&key, "%s\n%s\n%s", old, new, group ? group : "") >= 0)
		json_object_set_new(search->known, key, json_true());
	free(key);
}

static void
show(const struct search *search, const char *rule)
{
	json_object_set_new(search->shown, rule, json_true());
}

/* Within which it has moved; "": more is another. */
static const char *
group_of(const struct search *search, const struct change *kind)
{
	const struct config *old = explain_config(search->compare->old.explain);

	return kind->group < 0 ? "" : old->groups[kind->group].name;
}

/* The full answer of a side; NULL: it has no such port, or its readings do not agree. */
static json_t *
answer_of(struct explain *explain, const struct compare_packet *packet)
{
	struct explain_question question = {.bytes = packet->bytes,
					    .length = packet->length,
					    .wire_length = packet->wire_length};
	int port = where_named(explain_config(explain), packet->port);
	json_t *answer;

	if (port < 0)
		return NULL;
	question.port = (unsigned)port;
	answer = explain_ask(explain, &question);
	if (explain_agrees(answer))
		return answer;
	json_decref(answer);
	return NULL;
}

static const char *
name_of(const struct explain *explain, uint32_t rule)
{
	return deeds_name(explain_config(explain), rule);
}

static bool
all_shown(const struct search *search, const struct explain *explain,
	  const struct change_side *side)
{
	uint32_t i = 0;

	while (i < side->passed_count &&
	       json_object_get(search->shown, name_of(explain, side->passed[i])))
		i++;
	return i == side->passed_count;
}

/* Whether its like is told. Where one rule decides in both it may be for what passed it on. */
static bool
is_known(const struct search *search, const struct change *kind)
{
	const struct explain *before = search->compare->old.explain;
	const struct explain *after = search->compare->new.explain;
	const char *old = name_of(before, kind->old.rule), *new = name_of(after, kind->new.rule);
	char *key = NULL;
	bool known = asprintf(&key, "%s\n%s\n%s", old, new, group_of(search, kind)) < 0 ||
		     json_object_get(search->known, key);

	free(key);
	return known && (strcmp(old, new) != 0 || (all_shown(search, before, &kind->old) &&
						   all_shown(search, after, &kind->new)));
}

/* As a change's, and the ports that it leaves through. */
static json_t *
tell_side(const struct search *search, const struct explain *explain,
	  const struct change_side *side, const json_t *answer)
{
	json_t *told = comparison_side(explain_config(explain), side), *leaves = json_array(),
	       *leaf;
	size_t i;

	json_array_foreach (json_object_get(answer, "leaves"), i, leaf)
		json_array_append(leaves, json_object_get(leaf, "port"));
	json_object_set_new(told, "leaves", leaves);
	show(search, name_of(explain, side->rule));
	for (uint32_t j = 0; j < side->passed_count; j++)
		show(search, name_of(explain, side->passed[j]));
	return told;
}

static void
tell(struct search *search, const struct compare_packet *packet, const struct change *kind)
{
	struct explain *before = search->compare->old.explain;
	struct explain *after = search->compare->new.explain;
	json_t *old = answer_of(before, packet), *new = answer_of(after, packet), *told;
	const char *group = group_of(search, kind);
	char text[LOOK_TEXT_MAX];

	if (old && new && !explain_same(old, new)) {
		look_describe(packet->bytes, packet->length, text);
		told = json_pack("{s:o, s:o, s:s, s:s, s:o}", "old",
				 tell_side(search, before, &kind->old, old), "new",
				 tell_side(search, after, &kind->new, new), "port", packet->port,
				 "text", text, "hex", edited_hex(packet->bytes, packet->length));
		if (*group)
			json_object_set_new(told, "group", json_string(group));
		json_array_append_new(search->witnesses, told);
		make_known(search, name_of(before, kind->old.rule), name_of(after, kind->new.rule),
			   group);
	}
	json_decref(old);
	json_decref(new);
}

void
witness_try(struct search *search, const char *port, const struct words_packet *made)
{
	struct compare_packet packet = {.port = port,
					.bytes = made->bytes,
					.length = made->length,
					.wire_length = made->length};
	struct change kind;

	if (compare_decide(search->compare, &packet, &kind) == 1 && !is_known(search, &kind))
		tell(search, &packet, &kind);
	compare_forget(&kind);
}

/* Of what captures have shown nothing is to be made. */
static void
note_kinds(const struct search *search, const json_t *kinds)
{
	json_t *kind, *side, *passed;
	const char *key;
	size_t i, j;

	json_array_foreach (kinds, i, kind) {
		const char *names[2] = {NULL, NULL};

		json_object_foreach (kind, key, side) {
			const json_t *rule = json_object_get(side, "rule");

			if (!rule)
				continue;
			names[strcmp(key, "new") == 0] = json_string_value(rule);
			show(search, json_string_value(rule));
			json_array_foreach (json_object_get(side, "passed"), j, passed)
				show(search, json_string_value(json_object_get(passed, "rule")));
		}
		make_known(search, names[0], names[1],
			   json_string_value(json_object_get(kind, "group")));
	}
}

void
witnesses_add(struct compare *compare, json_t *result)
{
	struct search search = {.compare = compare,
				.witnesses = json_array(),
				.known = json_object(),
				.shown = json_object()};
	const struct config *old = explain_config(compare->old.explain);
	const struct config *new = explain_config(compare->new.explain);
	json_t *old_texts = others_texts(old), *new_texts = others_texts(new);
	bool *old_others = others_of(old, new_texts), *new_others = others_of(new, old_texts);

	note_kinds(&search, json_object_get(result, "changes"));
	note_kinds(&search, json_object_get(result, "moved"));
	seek(&search, old, old_others, new);
	seek(&search, new, new_others, old);
	json_object_set_new(result, "witnesses", search.witnesses);
	json_object_set_new(result, "untried", json_boolean(search.untried));
	json_object_set_new(result, "unshown",
			    unshown_tell(&(struct unshown){.configs = {old, new},
							   .others = {old_others, new_others},
							   .shown = search.shown}));
	free(old_others);
	free(new_others);
	json_decref(old_texts);
	json_decref(new_texts);
	json_decref(search.known);
	json_decref(search.shown);
}
