/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/list.h"

#include <stdlib.h>

#include "config/emit.h"
#include "core/text.h"

#include "core/banned.h"

const struct config_action *
config_end(const struct config_actions *actions)
{
	const struct config_action *last;

	if (actions->count == 0)
		return NULL;
	last = &actions->items[actions->count - 1];
	return config_action_kind(last) == CONFIG_IS_END ? last : NULL;
}

unsigned
config_targets(const struct config_actions *actions)
{
	unsigned count = 0;

	for (unsigned i = 0; i < actions->count; i++) {
		enum config_verb verb = actions->items[i].verb;

		count += verb == CONFIG_MIRROR || verb == CONFIG_FORWARD;
	}
	return count;
}

unsigned
config_verbs(const struct config_actions *actions)
{
	unsigned verbs = 0;

	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];

		verbs |= 1u << action->verb;
		if (action->verb == CONFIG_MIRROR && action->with)
			verbs |= config_verbs(action->with);
	}
	return verbs;
}

void
list_put(FILE *out, const struct config *config, const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++) {
		fputs(i ? ", " : "", out);
		action_put(out, config, &actions->items[i]);
	}
}

void
config_put_actions(FILE *out, const struct config *config, const struct config_actions *actions)
{
	list_put(out, config, actions);
	if (!config_end(actions))
		fprintf(out, "%snext rule", actions->count ? ", " : "");
}

void
list_write(const struct key_out *out, const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++) {
		fputs(i ? ", " : "", out->file);
		action_write(out, &actions->items[i]);
	}
}

void
list_clear(struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++)
		action_clear(&actions->items[i]);
	free(actions->items);
	*actions = (struct config_actions){0};
}

/* An example of each kind. */
static const char *const examples[LIST_DEFAULT] = {
	[LIST_RULE] = "a list such as [ drop ] or [ { mirror: tap }, { forward: wan } ]",
	[LIST_WITH] = "a list of edits and gates such as [ { slice: 128 } ]",
	[LIST_EDITS] = "a list of edits such as [ { strip: vlan }, { slice: 128 } ]",
	[LIST_REPLAY] = "a list of edits such as [ { set: { ttl: 64 } }, { slice: 1514 } ]",
};

bool
list_read(struct reader *reader, const struct spot *spot, enum list_kind kind,
	  struct config_actions *actions)
{
	struct spot item = {0};

	if (!reader_list(reader, spot, examples[kind]))
		return false;
	actions->items = reader_alloc(reader, spot->node->count, sizeof(*actions->items));
	if (!actions->items)
		return false;
	while (spot_next_item(spot, &item)) {
		const struct config_action *end = config_end(actions);

		if (end)
			reader_error(
				reader, &item,
				"actions: nothing comes behind %s, which ends the list; move it "
				"to the end and keep one",
				config_verb_name(end->verb));
		action_read(reader, &item, kind, actions);
	}
	return true;
}

static void
read_actions(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_actions *actions = key_at(key, into);
	unsigned before = reader->errors->count, targets;

	if (!list_read(reader, spot, LIST_RULE, actions))
		return;
	targets = config_targets(actions);
	if (targets > CONFIG_TARGETS_MAX)
		reader_error(reader, spot,
			     "actions: %u targets; one rule can give a packet to at most %u",
			     targets, CONFIG_TARGETS_MAX);
	if (reader->errors->count == before)
		shape_check_rule(reader, spot, actions);
}

static void
write_actions(const struct key_out *out, const struct key *key, const void *from)
{
	fputs("[", out->file);
	list_write(out, key_at(key, (void *)from));
	fputs("]", out->file);
}

static void
clear_actions(const struct key *key, void *from)
{
	list_clear(key_at(key, from));
}

const struct key_type key_actions = {read_actions, write_actions, NULL, clear_actions};

/* The one that stands there, or what it is when it is left out. */
static void
read_default(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_actions *actions = key_at(key, into);
	const struct node *node = spot->node;

	list_clear(actions);
	actions->items = reader_alloc(reader, 1, sizeof(*actions->items));
	if (!actions->items)
		return;
	if (node->kind == NODE_MAP || (node->kind == NODE_SCALAR && action_is_end(node->text)))
		action_read(reader, spot, LIST_DEFAULT, actions);
	else
		reader_expected(reader, spot, action_ends().text);
}

const struct key_type key_default = {.read = read_default, .clear = clear_actions};
