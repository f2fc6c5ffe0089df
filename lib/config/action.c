/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

static const char target_what[] = "the name of one port or group";

static void
check_target(struct reader *reader, const struct spot *spot, const struct config_target *target)
{
	const struct config *config = reader->config;
	const struct config_group *group;

	if (target->kind == CONFIG_TARGET_PORT) {
		if (!reader_can_send(reader, target->index))
			reader_error(
				reader, spot,
				"%s: nothing can leave through port %s, a capture that is only "
				"read; give it an \"out\"",
				spot_key(spot), config->ports[target->index].name);
		return;
	}
	group = &config->groups[target->index];
	for (unsigned i = 0; i < group->port_count; i++) {
		if (!reader_can_send(reader, group->ports[i]))
			reader_error(reader, spot,
				     "%s: group %s has port %s, a capture that is only read, so "
				     "nothing can leave there; give it an \"out\"",
				     spot_key(spot), group->name,
				     config->ports[group->ports[i]].name);
	}
}

static bool
read_target(struct reader *reader, const struct spot *spot, struct config_target *target)
{
	const char *name;
	uint32_t found;

	if (!reader_text(reader, spot, target_what, &name))
		return false;
	found = names_find(&reader->targets, name);
	if (found != NAMES_NONE) {
		target->kind = found & TARGET_GROUP ? CONFIG_TARGET_GROUP : CONFIG_TARGET_PORT;
		target->index = found & ~TARGET_GROUP;
		check_target(reader, spot, target);
		return true;
	}
	if (reader->no_ports)
		return false;
	reader_unknown(reader, spot, true, name);
	return false;
}

static void
read_word(struct reader *reader, const struct spot *spot, struct config_actions *actions)
{
	static const char *const words[] = {"drop", "forward", "mirror"};
	const char *text, *nearest;

	if (!reader_text(reader, spot, "drop, { forward: PORT } or { mirror: PORT }", &text))
		return;
	if (strcmp(text, "drop") == 0) {
		actions->end = CONFIG_END_DROP;
		return;
	}
	nearest = text_nearest(text, words, 3);
	if (nearest && strcmp(nearest, "drop") == 0)
		reader_error(reader, spot, "unknown action %s; did you mean \"drop\"?",
			     text_quote(text).text);
	else if (nearest)
		reader_error(reader, spot,
			     "the action %s needs a port or group; write { %s: PORT }",
			     text_quote(text).text, nearest);
	else
		reader_error(reader, spot,
			     "unknown action %s; there are drop, { forward: PORT } and { mirror: "
			     "PORT }",
			     text_quote(text).text);
}

static void
read_pair(struct reader *reader, const struct spot *spot, struct config_actions *actions,
	  bool mirrors)
{
	struct field fields[] = {{"forward"}, {"mirror"}, {"drop"}};
	struct config_target target;

	if (!reader_fields(reader, spot, fields, mirrors ? 3 : 1, "an action"))
		return;
	if (fields[2].given)
		reader_error(reader, &fields[2].spot, "drop stands alone; write [ drop ]");
	if (fields[0].given && fields[1].given)
		reader_error(
			reader, spot,
			"each action is an item of its own; write [ { mirror: A }, { forward: B "
			"} ]");
	if (spot->node->count == 0)
		reader_error(reader, spot, "an action is missing; there %s { forward: PORT }%s",
			     mirrors ? "are drop," : "is", mirrors ? " and { mirror: PORT }" : "");
	if (fields[1].given && read_target(reader, &fields[1].spot, &target))
		actions->mirrors[actions->mirror_count++] = target;
	if (fields[0].given) {
		actions->end = CONFIG_END_FORWARD;
		read_target(reader, &fields[0].spot, &actions->forward);
	}
}

void
read_actions(struct reader *reader, const struct spot *spot, struct config_actions *actions)
{
	struct spot item = {0};
	unsigned targets;

	if (!reader_list(reader, spot,
			 "a list such as [ drop ] or [ { mirror: tap }, { forward: wan } ]"))
		return;
	actions->mirrors = reader_alloc(reader, spot->node->count, sizeof(*actions->mirrors));
	if (!actions->mirrors)
		return;
	while (spot_next_item(spot, &item)) {
		if (actions->end != CONFIG_END_NEXT)
			reader_error(
				reader, &item,
				"actions: nothing comes behind %s, which ends the list; move it "
				"to the end and keep one",
				actions->end == CONFIG_END_DROP ? "drop" : "forward");
		if (item.node->kind == NODE_MAP)
			read_pair(reader, &item, actions, true);
		else
			read_word(reader, &item, actions);
	}
	targets = actions->mirror_count + (actions->end == CONFIG_END_FORWARD);
	if (targets > CONFIG_TARGETS_MAX)
		reader_error(reader, spot,
			     "actions: %u targets; one rule can give a packet to at most %u",
			     targets, CONFIG_TARGETS_MAX);
}

static void
read_default(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config_actions *actions = &reader->config->default_actions;
	const struct node *node = spot->node;

	if (node->kind == NODE_MAP)
		read_pair(reader, spot, actions, false);
	else if (node->kind != NODE_SCALAR || strcmp(node->text, "drop") != 0)
		reader_expected(reader, spot, "drop or { forward: PORT }");
}

const struct key_type key_default = {.read = read_default};
