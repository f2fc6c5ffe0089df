/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/instead.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define FORMS_BYTES 256

#define AT(member) KEY_AT(struct config_action, member)

/* By verb: those that stand alone come first. Of the others the key is how their value is read, written and freed;
 * what is how they are written, and required what they lack when that is left out. */
static const struct row {
	struct key key;
	bool ends; /* the list, and so may be the default */
} rows[] = {
	[CONFIG_DROP] = {{"drop", .what = "drop"}, .ends = true},
	[CONFIG_FORWARD] = {{"forward", &key_target, AT(target), .what = "{ forward: PORT }",
			     .required = "a port or group"},
			    .ends = true},
	[CONFIG_MIRROR] = {{"mirror", &key_target, AT(target), .what = "{ mirror: PORT }",
			    .required = "a port or group"}},
};

#define VERBS (sizeof(rows) / sizeof(rows[0]))

struct forms {
	char text[FORMS_BYTES];
};

/* "drop, { forward: PORT } or { mirror: PORT }": of all, or those that end. */
static struct forms
forms(bool all, const char *last)
{
	const char *found[VERBS];
	struct forms forms = {0};
	unsigned count = 0;

	for (unsigned i = 0; i < VERBS; i++) {
		if (all || rows[i].ends)
			found[count++] = rows[i].key.what;
	}
	text_list(forms.text, sizeof(forms.text), found, count, last);
	return forms;
}

static const struct row *
find(const char *word)
{
	for (const struct row *row = rows; row < rows + VERBS; row++) {
		if (strcmp(row->key.name, word) == 0)
			return row;
	}
	return NULL;
}

static void
read_word(struct reader *reader, const struct spot *spot, struct config_actions *actions)
{
	const char *text, *nearest, *instead, *words[VERBS];
	const struct row *row;

	if (!reader_text(reader, spot, forms(true, " or ").text, &text))
		return;
	row = find(text);
	if (row && !row->key.type) {
		actions->items[actions->count++] = (struct config_action){.verb = row - rows};
		return;
	}
	for (unsigned i = 0; i < VERBS; i++)
		words[i] = rows[i].key.name;
	nearest = text_nearest(text, words, VERBS);
	row = nearest ? find(nearest) : NULL;
	instead = instead_of(spot, text);
	if (instead)
		reader_error(reader, spot, "unknown action %s; %s", text_quote(text).text, instead);
	else if (!row)
		reader_error(reader, spot, "unknown action %s; there are %s", text_quote(text).text,
			     forms(true, " and ").text);
	else if (row->key.type)
		reader_error(reader, spot, "the action %s needs %s; write %s",
			     text_quote(text).text, row->key.required, row->key.what);
	else
		reader_error(reader, spot, "unknown action %s; did you mean \"%s\"?",
			     text_quote(text).text, nearest);
}

static void
clear(struct config_action *action)
{
	const struct key *key = &rows[action->verb].key;

	if (key->type && key->type->clear)
		key->type->clear(key, action);
}

/* What a mapping may have: what has a value, of all or of those that end, and what stands alone, to be told that it does. */
static unsigned
list_fields(struct field *fields, bool all)
{
	unsigned count = 0;

	for (unsigned i = 0; i < VERBS; i++) {
		if (rows[i].key.type && (all || rows[i].ends))
			fields[count++] = (struct field){rows[i].key.name};
	}
	for (unsigned i = 0; all && i < VERBS; i++) {
		if (!rows[i].key.type)
			fields[count++] = (struct field){rows[i].key.name};
	}
	return count;
}

static void
read_pair(struct reader *reader, const struct spot *spot, struct config_actions *actions, bool all)
{
	struct field fields[VERBS];
	unsigned count = list_fields(fields, all), given = 0;

	if (!reader_fields(reader, spot, fields, count, "an action"))
		return;
	for (struct field *field = fields; field < fields + count; field++) {
		const struct row *row = find(field->name);
		struct config_action action = {.verb = row - rows};

		if (!field->given)
			continue;
		if (!row->key.type) {
			reader_error(reader, &field->spot, "%s stands alone; write [ %s ]",
				     field->name, field->name);
			continue;
		}
		row->key.type->read(reader, &field->spot, &row->key, &action);
		if (given++ == 0)
			actions->items[actions->count++] = action;
		else
			clear(&action);
	}
	if (given > 1)
		reader_error(
			reader, spot,
			"each action is an item of its own; write [ { mirror: A }, { forward: B "
			"} ]");
	if (spot->node->count == 0)
		reader_error(reader, spot, "an action is missing; there %s %s", all ? "are" : "is",
			     all ? forms(true, " and ").text : rows[CONFIG_FORWARD].key.what);
}

static void
read_actions(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_actions *actions = key_at(key, into);
	const struct config_action *end;
	struct spot item = {0};
	unsigned targets;

	if (!reader_list(reader, spot,
			 "a list such as [ drop ] or [ { mirror: tap }, { forward: wan } ]"))
		return;
	actions->items = reader_alloc(reader, spot->node->count, sizeof(*actions->items));
	if (!actions->items)
		return;
	while (spot_next_item(spot, &item)) {
		end = config_end(actions);
		if (end)
			reader_error(
				reader, &item,
				"actions: nothing comes behind %s, which ends the list; move it "
				"to the end and keep one",
				rows[end->verb].key.name);
		if (item.node->kind == NODE_MAP)
			read_pair(reader, &item, actions, true);
		else
			read_word(reader, &item, actions);
	}
	targets = config_targets(actions);
	if (targets > CONFIG_TARGETS_MAX)
		reader_error(reader, spot,
			     "actions: %u targets; one rule can give a packet to at most %u",
			     targets, CONFIG_TARGETS_MAX);
}

const struct config_action *
config_end(const struct config_actions *actions)
{
	const struct config_action *last;

	if (actions->count == 0)
		return NULL;
	last = &actions->items[actions->count - 1];
	return rows[last->verb].ends ? last : NULL;
}

unsigned
config_targets(const struct config_actions *actions)
{
	unsigned count = 0;

	for (unsigned i = 0; i < actions->count; i++)
		count += rows[actions->items[i].verb].key.type == &key_target;
	return count;
}

void
config_put_actions(FILE *out, const struct config *config, const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];
		const struct key *key = &rows[action->verb].key;

		fprintf(out, "%s%s", i ? ", " : "", key->name);
		if (key->type == &key_target)
			fprintf(out, " %s", config_target_name(config, &action->target));
	}
	if (!config_end(actions))
		fprintf(out, "%snext rule", actions->count ? ", " : "");
}

void
emit_actions(const struct key_out *out, const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];
		const struct key *key = &rows[action->verb].key;

		fprintf(out->file, "%s%s%s", i ? ", " : "", key->type ? "{ " : "", key->name);
		if (!key->type)
			continue;
		fputs(": ", out->file);
		key->type->write(out, key, action);
		fputs(" }", out->file);
	}
}

static void
write_actions(const struct key_out *out, const struct key *key, const void *from)
{
	fputs("[", out->file);
	emit_actions(out, key_at(key, from));
	fputs("]", out->file);
}

static void
clear_actions(const struct key *key, void *from)
{
	const struct config_actions *actions = key_at(key, from);

	for (unsigned i = 0; i < actions->count; i++)
		clear(&actions->items[i]);
	free(actions->items);
}

const struct key_type key_actions = {read_actions, write_actions, NULL, clear_actions};

/* The one that stands there, or what it is when it is left out. */
static void
read_default(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_actions *actions = key_at(key, into);
	const struct node *node = spot->node;
	const struct row *row = node->kind == NODE_SCALAR ? find(node->text) : NULL;

	clear_actions(key, into);
	actions->count = 0;
	actions->items = reader_alloc(reader, 1, sizeof(*actions->items));
	if (!actions->items)
		return;
	if (node->kind == NODE_MAP)
		read_pair(reader, spot, actions, false);
	else if (row && row->ends && !row->key.type)
		actions->items[actions->count++] = (struct config_action){.verb = row - rows};
	else
		reader_expected(reader, spot, forms(false, " or ").text);
}

const struct key_type key_default = {.read = read_default, .clear = clear_actions};
