/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/edited.h"
#include "explain/phrase.h"

#include "core/banned.h"

#define WHYS_MAX 3 /* keys that are said of a rule that is near */

/* What all answers have of a rule. */
static json_t *
name_rule(const struct config *config, uint32_t rule, const char *name)
{
	if (rule == config->rule_count)
		return json_pack("{s:s, s:n}", name, "default", "line");
	return json_pack("{s:s, s:i}", name, config->rules[rule].name, "line",
			 (int)config->rules[rule].place.line);
}

static json_t *
tell_rule(const struct reading *reading, const struct classify_plan *plan,
	  const struct found *found, uint32_t rule)
{
	const struct config_rule *of = &reading->config->rules[rule];
	json_t *told = name_rule(reading->config, rule, "name"), *fails = json_array();

	reading_rule(reading, of, found_filter(plan, rule), fails);
	json_object_set_new(told, "took", json_boolean(found_took(found, rule)));
	json_object_set_new(told, "decides", json_boolean(rule == found->winner));
	json_object_set_new(told, "action", phrase_actions(reading->config, &of->actions));
	json_object_set_new(told, "fails", fails);
	return told;
}

/* Of many rules those are told of that took it, and those that one key kept from it. */
static void
tell_rules(json_t *answer, const struct explain_question *question, const struct reading *reading,
	   const struct classify_plan *plan, const struct found *found)
{
	uint32_t count = reading->config->rule_count, left_out = 0;
	uint32_t end = question->every_rule || found->winner == count ? count : found->winner + 1;
	bool all = question->every_rule || end <= EXPLAIN_RULES;
	json_t *rules = json_array();

	for (uint32_t i = 0; i < end; i++) {
		bool one = i == found->winner ||
			   (found->missed[i] <= 1 && json_array_size(rules) < EXPLAIN_RULES);

		if (all || one)
			json_array_append_new(rules, tell_rule(reading, plan, found, i));
		else
			left_out++;
	}
	json_object_set_new(answer, "rules", rules);
	json_object_set_new(answer, "left_out", json_integer(left_out));
	json_object_set_new(answer, "not_reached", json_integer(count - end));
}

/* "dst-port is 443, not 53; protocol is tcp, not udp" */
static json_t *
why_not(const struct reading *reading, const struct classify_plan *plan, uint32_t rule)
{
	json_t *fails = json_array(), *fail;
	const char *before = "";
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	reading_rule(reading, &reading->config->rules[rule], found_filter(plan, rule), fails);
	json_array_foreach (fails, i, fail) {
		char *why = i < WHYS_MAX ? reading_why(fail) : NULL;

		if (out && why)
			fprintf(out, "%s%s", before, why);
		before = "; ";
		free(why);
	}
	if (out && json_array_size(fails) > WHYS_MAX)
		fprintf(out, "; and %zu more", json_array_size(fails) - WHYS_MAX);
	json_decref(fails);
	return out ? phrase_close(out, &text) : json_string("");
}

static json_t *
comes_first(const struct config *config, const struct found *found)
{
	char text[CONFIG_NAME_MAX + 64];

	snprintf(text, sizeof(text), "it would take it, but %s comes first",
		 config->rules[found->winner].name);
	return json_string(text);
}

static json_t *
tell_near(const struct reading *reading, const struct classify_plan *plan,
	  const struct found *found)
{
	json_t *near = json_array();

	for (unsigned i = 0; i < found->near_count; i++) {
		uint32_t rule = found->near[i];
		json_t *told = name_rule(reading->config, rule, "rule");

		json_object_set_new(told, "distance", json_integer(found->missed[rule]));
		json_object_set_new(told, "why",
				    found->missed[rule] ? why_not(reading, plan, rule)
							: comes_first(reading->config, found));
		json_array_append_new(near, told);
	}
	return near;
}

static json_t *
tell_winner(const struct config *config, uint32_t winner)
{
	json_t *told = name_rule(config, winner, "rule");

	json_object_set_new(told, "action",
			    phrase_actions(config, winner < config->rule_count
							   ? &config->rules[winner].actions
							   : &config->default_actions));
	return told;
}

static void
tell_look(json_t *told, const struct gate_look *look, const struct config_action *action)
{
	if (!look->asked)
		return;
	json_object_set_new(told, "passes", json_boolean(look->passes));
	if (look->kind == GATE_LOOK_RATE) {
		json_object_set_new(told, "unit",
				    json_string(action->rate->packets ? "packets" : "bits"));
		json_object_set_new(told, "holds", json_integer((json_int_t)look->holds));
		json_object_set_new(told, "takes", json_integer((json_int_t)look->takes));
		json_object_set_new(told, "most", json_integer((json_int_t)look->most));
	} else if (look->kind == GATE_LOOK_COUNT) {
		json_object_set_new(told, "wait", json_integer(look->wait));
	} else if (look->kind == GATE_LOOK_FLOW) {
		json_object_set_new(told, "hash", json_integer(look->hash));
	} else if (look->kind == GATE_LOOK_EQUAL && look->equal) {
		json_object_set_new(told, "lag_ns", json_integer(look->lag_ns));
	}
}

static json_t *
tell_gates(const struct trial *trial)
{
	const struct config *config = trial->config;
	json_t *gates = json_array();

	for (unsigned i = 0; i < trial->look_count && i < TRIAL_LOOKS_MAX; i++) {
		const struct gate_look *look = &trial->looks[i];
		const struct config_rule *rule = &config->rules[look->rule];
		struct config_gate of[CONFIG_GATES_MAX];
		json_t *told;

		config_gates(&rule->actions, of);
		told = json_pack("{s:s, s:o, s:b}", "rule", rule->name, "gate",
				 phrase_action(config, of[look->gate].action), "asked",
				 (int)look->asked);
		tell_look(told, look, of[look->gate].action);
		json_array_append_new(gates, told);
	}
	return gates;
}

static json_t *
tell_packet(const struct explain_question *question)
{
	json_t *packet = json_pack("{s:i, s:o}", "length", (int)question->length, "bytes",
				   edited_hex(question->bytes, question->length));

	if (question->wire_length != question->length)
		json_object_set_new(packet, "wire_length", json_integer(question->wire_length));
	return packet;
}

json_t *
tell(const struct trial *trial, const struct explain_question *question,
     const struct reading *reading, const struct classify_plan *plan, const struct found *found,
     const struct fates *fates)
{
	const struct config *config = trial->config;
	json_t *answer = json_object();

	json_object_set_new(answer, "packet", tell_packet(question));
	json_object_set_new(answer, "port", json_string(config->ports[question->port].name));
	json_object_set_new(answer, "parsed", reading_fields(reading));
	tell_rules(answer, question, reading, plan, found);
	json_object_set_new(answer, "decides", tell_winner(config, found->winner));
	json_object_set_new(answer, "near", tell_near(reading, plan, found));
	json_object_set_new(answer, "gates", tell_gates(trial));
	json_object_set(answer, "group", fates->group);
	json_object_set(answer, "mirrors", fates->mirrors);
	json_object_set(answer, "leaves", fates->leaves);
	json_object_set(answer, "drop", fates->drop);
	return answer;
}

static json_t *
tell_trial(const struct trial *trial)
{
	json_t *told = tell_winner(trial->config, trial->verdict), *sent = json_array();
	json_t *drops = json_object();

	for (unsigned i = 0; i < trial->sent_count; i++) {
		const struct trial_sent *one = &trial->sent[i];

		json_array_append_new(sent, json_pack("{s:s, s:i, s:o}", "port",
						      trial_name(trial, one->slot), "length",
						      (int)one->length, "bytes",
						      edited_hex(one->bytes, one->length)));
	}
	for (unsigned i = 0; i < DROP_REASONS; i++) {
		if (trial->burst->in->drops[i])
			json_object_set_new(drops, drop_reasons[i].name,
					    json_integer((json_int_t)trial->burst->in->drops[i]));
	}
	json_object_set_new(told, "leaves", sent);
	json_object_set_new(told, "drops", drops);
	return told;
}

void
tell_agreement(json_t *answer, const struct trial *trial, bool rules, bool leaves)
{
	json_t *differs = json_array();

	json_object_set_new(answer, "agrees", json_boolean(rules && leaves));
	if (!trial->steady)
		json_array_append_new(differs,
				      json_string("the flow cache says otherwise than the tables"));
	if (!rules)
		json_array_append_new(
			differs, json_string("the tables take it by other rules than the config "
					     "says"));
	if (!leaves)
		json_array_append_new(differs,
				      json_string("what leaves is not what the lists say"));
	if (!rules || !leaves) {
		json_object_set(answer, "differs", differs);
		json_object_set_new(answer, "tables", tell_trial(trial));
	}
	json_decref(differs);
}
