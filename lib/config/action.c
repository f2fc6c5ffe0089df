/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/instead.h"
#include "config/list.h"
#include "core/text.h"

#include "core/banned.h"

#define NAMES_BYTES 256

#define AT(member) KEY_AT(struct config_action, member)
#define OWNS(member) .offset = offsetof(struct config_action, member)

/* By verb, those that stand alone first. Of the others key is how a value is read, written and
 * freed, what how they are written, and required what they lack when that is left out. */
static const struct row {
	struct key key;
	enum config_action_kind kind;
} rows[] = {
	[CONFIG_DROP] = {{"drop", .what = "drop"}, CONFIG_IS_END},
	[CONFIG_FORWARD] = {{"forward", &key_target, AT(target), .what = "{ forward: PORT }",
			     .required = "a port or group"},
			    CONFIG_IS_END},
	[CONFIG_MIRROR] = {{"mirror", &key_mirror, AT(target), .what = "{ mirror: PORT }",
			    .required = "a port or group"},
			   CONFIG_IS_MIRROR},
	[CONFIG_EDIT] = {{"edit", &key_edit, AT(edits), .what = "{ edit: NAME }",
			  .required = "the name of a list under edits"},
			 CONFIG_IS_EDIT},
	[CONFIG_SET] = {{"set", &key_set_edit, OWNS(set), .what = "{ set: { vlan: 100 } }",
			 .required = "fields"},
			CONFIG_IS_EDIT},
	[CONFIG_NAT] = {{"nat", &key_nat, OWNS(nat),
			 .what = "{ nat: { 10.0.0.0/8: 172.16.0.0/8 } }",
			 .required = "pairs of prefixes"},
			CONFIG_IS_EDIT},
	[CONFIG_PUSH] = {{"push", &key_push, OWNS(push), .what = "{ push: { vlan: 100 } }",
			  .required = "a header"},
			 CONFIG_IS_EDIT},
	[CONFIG_STRIP] = {{"strip", &key_strip, OWNS(strip), .what = "{ strip: vlan }",
			   .required = "a header"},
			  CONFIG_IS_EDIT},
	[CONFIG_SLICE] = {{"slice", &key_slice, OWNS(slice), .what = "{ slice: 128 }",
			   .required = "a length"},
			  CONFIG_IS_EDIT},
	[CONFIG_MASK] = {{"mask", &key_mask, OWNS(mask), .what = "{ mask: payload }",
			  .required = "what it covers"},
			 CONFIG_IS_EDIT},
	[CONFIG_STAMP] = {{"stamp", &key_owned, OWNS(stamp), .map = &key_stamp_map,
			   .what = "{ stamp: { device: 7 } }", .required = "a number"},
			  CONFIG_IS_EDIT},
	[CONFIG_POLICE] = {{"police", &key_police, OWNS(rate), .what = "{ police: 2Gbps }",
			    .required = "a rate"},
			   CONFIG_IS_GATE},
	[CONFIG_ABOVE] = {{"above", &key_above, OWNS(rate), .what = "{ above: 50kpps }",
			   .required = "a rate"},
			  CONFIG_IS_GATE},
	[CONFIG_SAMPLE] = {{"sample", &key_sample, OWNS(sample), .what = "{ sample: 1000 }",
			    .required = "a number"},
			   CONFIG_IS_GATE},
	[CONFIG_DEDUP] = {{"dedup", &key_owned, OWNS(dedup), .map = &key_dedup_map,
			   .what = "{ dedup: { window: 50ms } }", .required = "a window"},
			  CONFIG_IS_GATE},
};

#define VERBS (sizeof(rows) / sizeof(rows[0]))

/* By kind. */
static const struct list {
	const char *name, *has;
	unsigned kinds; /* bits */
} lists[] = {
	[LIST_RULE] = {"actions", NULL, ~0u},
	[LIST_WITH] = {"with", "a mirror's own list has edits and gates",
		       1 << CONFIG_IS_EDIT | 1 << CONFIG_IS_GATE},
	[LIST_EDITS] = {"edits", "a list with a name has edits", 1 << CONFIG_IS_EDIT},
	[LIST_REPLAY] = {"edits", "a replay's list has edits", 1 << CONFIG_IS_EDIT},
	[LIST_DEFAULT] = {"default", NULL, 1 << CONFIG_IS_END},
};
static const char *const belongs[] = {
	[CONFIG_IS_END] = "ends a rule and stands in its list",
	[CONFIG_IS_MIRROR] = "stands in a rule's list",
	[CONFIG_IS_EDIT] = "stands in a rule's list",
	[CONFIG_IS_GATE] = "is a gate, and stands in a rule's list or in a mirror's with",
};

enum config_action_kind
config_action_kind(const struct config_action *action)
{
	return rows[action->verb].kind;
}

const char *
config_verb_name(enum config_verb verb)
{
	return rows[verb].key.name;
}

struct action_forms
action_ends(void)
{
	const char *found[VERBS];
	struct action_forms forms = {0};
	unsigned count = 0;

	for (unsigned i = 0; i < VERBS; i++) {
		if (rows[i].kind == CONFIG_IS_END)
			found[count++] = rows[i].key.what;
	}
	text_list(forms.text, sizeof(forms.text), found, count, " or ");
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

bool
action_is_end(const char *word)
{
	const struct row *row = find(word);

	return row && row->kind == CONFIG_IS_END && !row->key.type;
}

/* Whether the list takes it; a finding otherwise. */
static bool
belongs_here(struct reader *reader, const struct spot *spot, enum list_kind kind,
	     const struct row *row)
{
	const struct list *list = &lists[kind];

	if (!(list->kinds & 1u << row->kind))
		reader_error(reader, spot, "%s: %s; %s %s", list->name, list->has, row->key.name,
			     belongs[row->kind]);
	else if (kind == LIST_EDITS && row == &rows[CONFIG_EDIT])
		reader_error(
			reader, spot,
			"edits: a list with a name has no other in it; write the edits of that "
			"one");
	else
		return true;
	return false;
}

static void
unknown(struct reader *reader, const struct spot *spot, const char *text)
{
	const char *nearest, *instead = instead_of(spot, text), *words[VERBS];
	char all[NAMES_BYTES];
	const struct row *row;

	for (unsigned i = 0; i < VERBS; i++)
		words[i] = rows[i].key.name;
	nearest = text_nearest(text, words, VERBS);
	row = nearest ? find(nearest) : NULL;
	text_list(all, sizeof(all), words, VERBS, " and ");
	if (instead)
		reader_error(reader, spot, "unknown action %s; %s", text_quote(text).text, instead);
	else if (!row)
		reader_error(reader, spot, "unknown action %s; there are %s", text_quote(text).text,
			     all);
	else if (row->key.type)
		reader_error(reader, spot, "the action %s needs %s; write %s",
			     text_quote(text).text, row->key.required, row->key.what);
	else
		reader_error(reader, spot, "unknown action %s; did you mean \"%s\"?",
			     text_quote(text).text, nearest);
}

static void
read_word(struct reader *reader, const struct spot *spot, enum list_kind kind,
	  struct config_actions *actions)
{
	const struct row *row;
	const char *text;

	if (!reader_text(reader, spot, "an action such as drop or { forward: PORT }", &text))
		return;
	row = find(text);
	if (!row || row->key.type)
		unknown(reader, spot, text);
	else if (belongs_here(reader, spot, kind, row))
		actions->items[actions->count++] = (struct config_action){
			.verb = row - rows, .place = {spot->line, spot->column}};
}

void
action_clear(struct config_action *action)
{
	const struct key *key = &rows[action->verb].key;

	if (key->type && key->type->clear)
		key->type->clear(key, action);
}

/* What a mapping may have: of all or of those that end what has a value; and what stands alone. */
static unsigned
list_fields(struct field *fields, enum list_kind kind)
{
	bool all = kind != LIST_DEFAULT;
	unsigned count = 0;

	for (unsigned i = 0; i < VERBS; i++) {
		if (rows[i].key.type && (all || rows[i].kind == CONFIG_IS_END))
			fields[count++] = (struct field){rows[i].key.name};
	}
	for (unsigned i = 0; all && i < VERBS; i++) {
		if (!rows[i].key.type)
			fields[count++] = (struct field){rows[i].key.name};
	}
	return count;
}

/* Takes what the field says. False, with nothing of it kept, if that is no action here. */
static bool
read_field(struct reader *reader, const struct field *field, enum list_kind kind,
	   struct config_action *action)
{
	const struct row *row = find(field->name);

	action->verb = row - rows;
	if (!row->key.type) {
		reader_error(reader, &field->spot, "%s stands alone; write [ %s ]", field->name,
			     field->name);
		return false;
	}
	row->key.type->read(reader, &field->spot, &row->key, action);
	if (belongs_here(reader, &field->spot, kind, row))
		return true;
	action_clear(action);
	return false;
}

/* What stands beside a mirror. */
static void
read_with(struct reader *reader, const struct field *field, struct config_action *action)
{
	if (!action || action->verb != CONFIG_MIRROR) {
		reader_error(reader, &field->spot,
			     "with: this is a mirror's; what holds for all that follows stands in "
			     "the list itself");
		return;
	}
	action->with = reader_alloc(reader, 1, sizeof(*action->with));
	if (!action->with || !list_read(reader, &field->spot, LIST_WITH, action->with))
		return;
	if (field->spot.node->count == 0)
		reader_error(reader, &field->spot,
			     "with: an empty list; leave with out where the mirror is as all else");
}

static void
read_pair(struct reader *reader, const struct spot *spot, enum list_kind kind,
	  struct config_actions *actions)
{
	struct config_action *first = NULL;
	struct field fields[VERBS + 1];
	unsigned count = list_fields(fields, kind), given = 0;
	const struct field *with = &fields[count];

	fields[count] = (struct field){"with"};
	if (!reader_fields(reader, spot, fields, count + (kind != LIST_DEFAULT), "an action"))
		return;
	for (struct field *field = fields; field < fields + count; field++) {
		struct config_action action = {.place = {spot->line, spot->column}};

		if (!field->given)
			continue;
		given += find(field->name)->key.type != NULL;
		if (!read_field(reader, field, kind, &action))
			continue;
		if (first) {
			action_clear(&action);
			continue;
		}
		first = &actions->items[actions->count++];
		*first = action;
	}
	if (given > 1)
		reader_error(
			reader, spot,
			"each action is an item of its own; write [ { mirror: A }, { forward: B "
			"} ]");
	else if (with->given && (first || given == 0))
		read_with(reader, with, first);
	if (spot->node->count == 0)
		reader_error(reader, spot, "an action is missing, as in %s",
			     rows[CONFIG_FORWARD].key.what);
}

void
action_read(struct reader *reader, const struct spot *spot, enum list_kind kind,
	    struct config_actions *actions)
{
	if (spot->node->kind == NODE_MAP)
		read_pair(reader, spot, kind, actions);
	else
		read_word(reader, spot, kind, actions);
}

void
action_write(const struct key_out *out, const struct config_action *action)
{
	const struct key *key = &rows[action->verb].key;

	if (!key->type) {
		fputs(key->name, out->file);
		return;
	}
	fprintf(out->file, "{ %s: ", key->name);
	key->type->write(out, key, action);
	fputs(" }", out->file);
}

static void
put_value(FILE *out, const struct config *config, const struct config_action *action)
{
	const struct key *key = &rows[action->verb].key;
	char *text = NULL;
	size_t size;
	struct key_out into = {open_memstream(&text, &size), config};

	if (!into.file)
		return;
	key->type->write(&into, key, action);
	text = text_close(into.file, &text);
	emit_plain(out, text ? text : "");
	free(text);
}

void
config_put_action(FILE *out, const struct config *config, const struct config_action *action)
{
	const struct row *row = &rows[action->verb];

	fprintf(out, "%s%s", row->key.name, row->key.type ? " " : "");
	if (!row->key.type)
		return;
	if (row->kind == CONFIG_IS_END || row->kind == CONFIG_IS_MIRROR)
		fputs(config_target_name(config, &action->target), out);
	else
		put_value(out, config, action);
}

void
action_put(FILE *out, const struct config *config, const struct config_action *action)
{
	config_put_action(out, config, action);
	if (config_action_kind(action) != CONFIG_IS_MIRROR || !action->with)
		return;
	fputs(" with (", out);
	list_put(out, config, action->with);
	fputc(')', out);
}
