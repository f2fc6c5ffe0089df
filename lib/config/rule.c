/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

enum { FIELD_NAME, FIELD_FROM, FIELD_MATCH, FIELD_FILTER, FIELD_ACTIONS, FIELDS };

static void
read_name(struct reader *reader, const struct spot *spot, struct config_rule *rule, unsigned index)
{
	const char *text;
	uint32_t other;

	if (!reader_text(reader, spot, "the rule's name", &text))
		return;
	if (!reader_name(reader, spot, "rule", text))
		return;
	if (strcmp(text, "default") == 0) {
		reader_error(reader, spot,
			     "name: \"default\" is what reports call packets that no rule decides; "
			     "name the rule otherwise");
		return;
	}
	rule->name = reader_copy(reader, text);
	if (!rule->name)
		return;
	other = names_add(&reader->rules, rule->name, index);
	if (other != NAMES_NONE)
		reader_error(reader, spot,
			     "name: \"%s\" is the rule in line %u already; a name is one rule's",
			     rule->name, reader->config->rules[other].place.line);
}

/* Replays are read before rules. */
static bool
has_replay(const struct config *config, unsigned port)
{
	for (unsigned i = 0; i < config->replay_count; i++) {
		if (config->replays[i].as && config->replays[i].port == port)
			return true;
	}
	return false;
}

static bool
can_receive(const struct reader *reader, unsigned port)
{
	const struct config_port *config = &reader->config->ports[port];

	return has_replay(reader->config, port) || config->kind != CONFIG_PORT_PCAP ||
	       config->pcap_in || (reader->bad_ports >> port & 1);
}

static void
read_from_port(struct reader *reader, const struct spot *spot, struct config_rule *rule)
{
	uint16_t port;

	if (!reader_port(reader, spot, "a list of ports such as [wan, lan]", &port))
		return;
	if (!can_receive(reader, port))
		reader_warning(
			reader, spot,
			"from: nothing comes in from port %s, a capture that is only written",
			reader->config->ports[port].name);
	if (rule->from >> port & 1)
		reader_error(reader, spot, "from: port %s stands twice; leave one out",
			     reader->config->ports[port].name);
	rule->from |= UINT64_C(1) << port;
}

static void
read_from(struct reader *reader, const struct spot *spot, struct config_rule *rule)
{
	struct spot item = {0};

	rule->from_given = true;
	if (spot->node->kind != NODE_LIST) {
		read_from_port(reader, spot, rule);
		return;
	}
	if (spot->node->count == 0)
		reader_error(reader, spot,
			     "from: an empty list; name a port, or leave from out for all of them");
	while (spot_next_item(spot, &item))
		read_from_port(reader, &item, rule);
}

static void
read_rule(struct reader *reader, const struct spot *spot, struct config_rule *rule, unsigned index)
{
	struct field fields[FIELDS] = {
		[FIELD_NAME] = {"name"},       [FIELD_FROM] = {"from"},
		[FIELD_MATCH] = {"match"},     [FIELD_FILTER] = {"filter"},
		[FIELD_ACTIONS] = {"actions"},
	};
	unsigned ports = reader->config->port_count;

	rule->place = (struct config_place){spot->line, spot->column};
	if (!reader_fields(
		    reader, spot, fields, FIELDS,
		    "a rule such as { name: dns, match: { dst-port: 53 }, actions: [ drop ] }"))
		return;
	if (fields[FIELD_NAME].given)
		read_name(reader, &fields[FIELD_NAME].spot, rule, index);
	else
		reader_error(
			reader, spot,
			"the rule has no name; give it one, as in \"name: dns\", which reports "
			"then count it under");
	if (fields[FIELD_FROM].given)
		read_from(reader, &fields[FIELD_FROM].spot, rule);
	else
		rule->from = ports ? UINT64_MAX >> (CONFIG_PORTS_MAX - ports) : 0;
	if (fields[FIELD_MATCH].given) {
		rule->match_given = true;
		read_match(reader, &fields[FIELD_MATCH].spot, &rule->match);
	}
	if (fields[FIELD_FILTER].given) {
		const struct spot *filter = &fields[FIELD_FILTER].spot;

		rule->filter_place = (struct config_place){filter->line, filter->column};
		rule->filter = read_filter(
			reader, filter,
			"put addresses and ports into match, or split it over several rules");
	}
	if (fields[FIELD_ACTIONS].given)
		read_actions(reader, &fields[FIELD_ACTIONS].spot, &rule->actions);
}

static void
read_rules(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config *config = reader->config;
	struct spot item = {0};
	unsigned count = spot->node->count;

	if (node_is_null(spot->node) ||
	    !reader_list(reader, spot, "a list of rules, each begun with \"- name: NAME\""))
		return;
	if (count > CONFIG_RULES_MAX) {
		reader_error(reader, spot, "rules: %u are more than %u", count, CONFIG_RULES_MAX);
		return;
	}
	config->rules = reader_alloc(reader, count, sizeof(*config->rules));
	if (!config->rules || names_init(&reader->rules, count) < 0) {
		reader->no_memory = true;
		return;
	}
	while (spot_next_item(spot, &item)) {
		unsigned index = config->rule_count++;

		read_rule(reader, &item, &config->rules[index], index);
	}
}

const struct key_type key_rules = {.read = read_rules};
