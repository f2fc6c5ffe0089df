/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/list.h"
#include "core/text.h"

#include "core/banned.h"

#define AT(member) KEY_AT(struct config_rule, member)
#define GIVEN(member) .given = offsetof(struct config_rule, member)

static void
read_name(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_rule *rule = into;
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
	other = names_add(&reader->rules, rule->name, rule - reader->config->rules);
	if (other != NAMES_NONE)
		reader_error(reader, spot,
			     "name: \"%s\" is the rule in line %u already; a name is one rule's",
			     rule->name, reader->config->rules[other].place.line);
}

static void
write_name(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_rule *rule = from;

	emit_name(out->file, rule->name);
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
	       config->in.file_count || (reader->bad_ports >> port & 1);
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
read_from(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_rule *rule = into;
	struct spot item = {0};

	rule->from = 0;
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
write_from(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_rule *rule = from;
	const char *before = "[";

	for (unsigned i = 0; i < out->config->port_count; i++) {
		if (!(rule->from >> i & 1))
			continue;
		fputs(before, out->file);
		emit_name(out->file, out->config->ports[i].name);
		before = ", ";
	}
	fputs("]", out->file);
}

static void
read_rule_filter(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_rule *rule = into;

	rule->filter_place = (struct config_place){spot->line, spot->column};
	key_filter.read(reader, spot, key, into);
}

static const struct key_type name = {read_name, write_name, NULL, key_clear_text};
static const struct key_type from = {read_from, write_from, NULL, NULL};
static const struct key_type filter = {read_rule_filter, key_write_text, key_has_text,
				       key_clear_text};

/* In the order in which they are read and written. */
static const struct key keys[] = {
	{"name", &name, AT(name),
	 .required = "the rule has no name; give it one, as in \"name: dns\", which reports then "
		     "count it under"},
	{"from", &from, AT(from), GIVEN(from_given)},
	{"match", &key_match, AT(match), GIVEN(match_given)},
	{"filter", &filter, AT(filter),
	 .advice = "put addresses and ports into match, or split it over several rules"},
	{"actions", &key_actions, AT(actions)},
};
const struct key_map key_rule = {
	"a rule such as { name: dns, match: { dst-port: 53 }, actions: [ drop ] }", NULL,
	KEYS(keys)};

static void
read_rule(struct reader *reader, const struct spot *spot, struct config_rule *rule)
{
	unsigned ports = reader->config->port_count, before = reader->errors->count;

	rule->place = (struct config_place){spot->line, spot->column};
	rule->from = ports ? UINT64_MAX >> (CONFIG_PORTS_MAX - ports) : 0;
	key_read(reader, spot, &key_rule, rule);
	rule->step = reader->config->step_count;
	reader->config->step_count += config_steps(&rule->actions);
	if (reader->errors->count == before)
		fit_warn(reader, &rule->match, &rule->actions);
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
	while (spot_next_item(spot, &item))
		read_rule(reader, &item, &config->rules[config->rule_count++]);
}

const struct key_type key_rules = {.read = read_rules};
