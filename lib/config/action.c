/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

static const char *const words[] = {
	[CONFIG_ACTION_DROP] = "drop",
	[CONFIG_ACTION_FORWARD] = "forward",
	[CONFIG_ACTION_MIRROR] = "mirror",
};

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
	const char *text, *nearest;

	if (!reader_text(reader, spot, "drop, { forward: PORT } or { mirror: PORT }", &text))
		return;
	if (strcmp(text, words[CONFIG_ACTION_DROP]) == 0) {
		actions->end = CONFIG_END_DROP;
		return;
	}
	nearest = text_nearest(text, words, 3);
	if (nearest == words[CONFIG_ACTION_DROP])
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
	struct field fields[] = {{words[CONFIG_ACTION_FORWARD]},
				 {words[CONFIG_ACTION_MIRROR]},
				 {words[CONFIG_ACTION_DROP]}};
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

static void
read_actions(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_actions *actions = key_at(key, into);
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
				words[actions->end == CONFIG_END_DROP ? CONFIG_ACTION_DROP
								      : CONFIG_ACTION_FORWARD]);
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

const char *
config_action(enum config_action action)
{
	return words[action];
}

const char *
config_target_name(const struct config *config, const struct config_target *target)
{
	return target->kind == CONFIG_TARGET_PORT ? config->ports[target->index].name
						  : config->groups[target->index].name;
}

static void
put_target(FILE *out, const struct config *config, enum config_action action,
	   const struct config_target *target)
{
	fprintf(out, "{ %s: ", words[action]);
	emit_name(out, config_target_name(config, target));
	fputs(" }", out);
}

void
emit_actions(FILE *out, const struct config *config, const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->mirror_count; i++) {
		fputs(i ? ", " : "", out);
		put_target(out, config, CONFIG_ACTION_MIRROR, &actions->mirrors[i]);
	}
	if (actions->mirror_count && actions->end != CONFIG_END_NEXT)
		fputs(", ", out);
	if (actions->end == CONFIG_END_DROP)
		fputs(words[CONFIG_ACTION_DROP], out);
	else if (actions->end == CONFIG_END_FORWARD)
		put_target(out, config, CONFIG_ACTION_FORWARD, &actions->forward);
}

static void
write_actions(const struct key_out *out, const struct key *key, const void *from)
{
	fputs("[", out->file);
	emit_actions(out->file, out->config, key_at(key, from));
	fputs("]", out->file);
}

static void
clear_actions(const struct key *key, void *from)
{
	const struct config_actions *actions = key_at(key, from);

	free(actions->mirrors);
}

const struct key_type key_actions = {read_actions, write_actions, NULL, clear_actions};

static void
read_default(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config_actions *actions = &reader->config->default_actions;
	const struct node *node = spot->node;

	if (node->kind == NODE_MAP)
		read_pair(reader, spot, actions, false);
	else if (node->kind != NODE_SCALAR || strcmp(node->text, words[CONFIG_ACTION_DROP]) != 0)
		reader_expected(reader, spot, "drop or { forward: PORT }");
}

const struct key_type key_default = {.read = read_default};
