/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "explain/box.h"
#include "explain/edited.h"
#include "explain/phrase.h"
#include "explain/where.h"
#include "look/describe.h"

#include "core/banned.h"

#define WITNESSES_MAX 100
#define PAIRS_MAX 1000000
#define PACKETS_MAX 100000

struct search {
	struct compare *compare;
	json_t *witnesses, *known; /* known: "rule\nrule" of those that need no other */
	uint32_t pairs, packets;
	bool untried; /* there was more than that */
};

static const struct config_match any;

static const struct config_match *
match_of(const struct config *config, uint32_t rule)
{
	return rule < config->rule_count ? &config->rules[rule].match : &any;
}

/* Whether packets can be made for it. */
static bool
is_plain(const struct config *config, uint32_t rule)
{
	return rule == config->rule_count ||
	       (!config->rules[rule].filter && !config->rules[rule].match.tunnel);
}

/* A rule's text, without its place. NULL: no memory. */
static char *
text_of(const struct config *config, uint32_t rule)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (rule < config->rule_count)
		config_emit_rule(out, config, rule);
	else
		config_put_actions(out, config, &config->default_actions);
	return text_close(out, &text);
}

/* Texts of all rules and of the default, each with its number. */
static json_t *
texts_of(const struct config *config)
{
	json_t *texts = json_object();

	for (uint32_t i = 0; texts && i <= config->rule_count; i++) {
		char *text = text_of(config, i);

		if (text)
			json_object_set_new(texts, text, json_integer(i));
		free(text);
	}
	return texts;
}

/* By rule whether the other config has it at no place, or not at its place among those that both
 * have; the caller frees it. NULL: no memory. */
static bool *
others_of(const struct config *config, const json_t *there)
{
	bool *others = calloc(config->rule_count + 1, sizeof(*others));
	json_int_t last = -1;

	for (uint32_t i = 0; others && i <= config->rule_count; i++) {
		char *text = text_of(config, i);
		const json_t *at = text ? json_object_get(there, text) : NULL;

		others[i] = !at || json_integer_value(at) < last;
		if (!others[i])
			last = json_integer_value(at);
		free(text);
	}
	return others;
}

static char *
name_pair(const char *old, const char *new)
{
	char *text = NULL;

	return asprintf(&text, "%s\n%s", old, new) < 0 ? NULL : text;
}

static bool
is_known(const struct search *search, const char *old, const char *new)
{
	char *pair = name_pair(old, new);
	bool known = !pair || json_object_get(search->known, pair);

	free(pair);
	return known;
}

static void
make_known(const struct search *search, const char *old, const char *new)
{
	char *pair = name_pair(old, new);

	if (pair)
		json_object_set_new(search->known, pair, json_true());
	free(pair);
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

static json_t *
tell_side(const json_t *answer)
{
	const json_t *decides = json_object_get(answer, "decides");

	return json_pack("{s:O, s:O}", "rule", json_object_get(decides, "rule"), "actions",
			 json_object_get(decides, "action"));
}

static void
tell(struct search *search, const struct compare_packet *packet)
{
	json_t *old = answer_of(search->compare->old.explain, packet);
	json_t *new = answer_of(search->compare->new.explain, packet);
	char text[LOOK_TEXT_MAX];

	if (old && new && !explain_same(old, new)) {
		look_describe(packet->bytes, packet->length, text);
		json_array_append_new(search->witnesses,
				      json_pack("{s:o, s:o, s:s, s:s, s:o}", "old", tell_side(old),
						"new", tell_side(new), "port", packet->port, "text",
						text, "hex",
						edited_hex(packet->bytes, packet->length)));
	}
	json_decref(old);
	json_decref(new);
}

/* Through the tables first, which are quick. */
static void
try(struct search *search, const struct made *made, const char *port)
{
	struct words_packet words = {.bytes = NULL};
	struct compare_packet packet = {.port = port};
	const char *old, *new;

	if (made_build(made, &words) < 0)
		return;
	packet.bytes = words.bytes;
	packet.length = packet.wire_length = words.length;
	search->packets++;
	if (compare_decide(search->compare, &packet, &old, &new) == 1 &&
	    !is_known(search, old, new)) {
		make_known(search, old, new);
		tell(search, &packet);
	}
	free(words.bytes);
}

/* A port of both from which both rules take packets; NULL: there is none. */
static const char *
port_of(const struct config *a, uint32_t rule_a, const struct config *b, uint32_t rule_b)
{
	for (unsigned i = 0; i < a->port_count; i++) {
		int there = where_named(b, a->ports[i].name);

		if (there >= 0 && (rule_a == a->rule_count || a->rules[rule_a].from >> i & 1) &&
		    (rule_b == b->rule_count || b->rules[rule_b].from >> there & 1))
			return a->ports[i].name;
	}
	return NULL;
}

/* The lowest and the highest corner, and those beside the lowest. */
static void
try_corners(struct search *search, const struct box *box, const char *port)
{
	struct made made = box_corner(box, 0);

	try(search, &made, port);
	made = box_corner(box, (1u << BOX_FIELDS) - 1);
	try(search, &made, port);
	for (unsigned i = 0; i < BOX_FIELDS; i++) {
		made = box_corner(box, 1u << i);
		try(search, &made, port);
	}
}

/* A rule of one config against all of the other. */
static void
search_rule(struct search *search, const struct config *a, uint32_t rule, const struct config *b)
{
	for (uint32_t i = 0; i <= b->rule_count; i++) {
		const char *port;
		struct box box;

		if (search->pairs == PAIRS_MAX || search->packets >= PACKETS_MAX ||
		    json_array_size(search->witnesses) == WITNESSES_MAX) {
			search->untried = true;
			return;
		}
		search->pairs++;
		port = is_plain(b, i) ? port_of(a, rule, b, i) : NULL;
		for (unsigned family = 4; port && family <= 6; family += 2) {
			if (box_of(match_of(a, rule), match_of(b, i), family, &box))
				try_corners(search, &box, port);
		}
	}
}

static void
search_side(struct search *search, const struct config *a, const struct config *b)
{
	json_t *there = texts_of(b);
	bool *others = others_of(a, there);

	for (uint32_t i = 0; others && i <= a->rule_count; i++) {
		if (others[i] && is_plain(a, i))
			search_rule(search, a, i, b);
	}
	free(others);
	json_decref(there);
}

void
witnesses_add(struct compare *compare, json_t *result)
{
	struct search search = {
		.compare = compare, .witnesses = json_array(), .known = json_object()};
	const struct config *old = explain_config(compare->old.explain);
	const struct config *new = explain_config(compare->new.explain);
	json_t *change;
	size_t i;

	json_array_foreach (json_object_get(result, "changes"), i, change)
		make_known(
			&search,
			json_string_value(json_object_get(json_object_get(change, "old"), "rule")),
			json_string_value(json_object_get(json_object_get(change, "new"), "rule")));
	search_side(&search, old, new);
	search_side(&search, new, old);
	json_object_set_new(result, "witnesses", search.witnesses);
	json_object_set_new(result, "untried", json_boolean(search.untried));
	json_decref(search.known);
}
