/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of edits that have a name, and the verb that uses one. */
#include <stdlib.h>

#include "config/emit.h"
#include "config/list.h"
#include "core/text.h"

#include "core/banned.h"

#define EXAMPLE "to-ids: [ { strip: vlans }, { slice: 128 } ]"

static void
read_list(struct reader *reader, const struct spot *spot, struct config_edits *edits)
{
	unsigned before = reader->errors->count;

	if (!list_read(reader, spot, LIST_EDITS, &edits->actions))
		return;
	if (spot->node->count == 0)
		reader_error(reader, spot,
			     "edits: %s is an empty list; write what it does, as in " EXAMPLE,
			     edits->name);
	if (reader->errors->count == before)
		shape_check_edits(reader, spot, &edits->actions);
}

static void
read_edits(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config *config = reader->config;
	struct spot value = {0}, key;

	if (!reader_section(reader, spot,
			    "a mapping of names to lists of edits, such as { " EXAMPLE " }"))
		return;
	if (spot->node->count > CONFIG_EDITS_MAX) {
		reader_error(reader, spot, "edits: more than %u lists", CONFIG_EDITS_MAX);
		return;
	}
	config->edits = reader_alloc(reader, spot->node->count, sizeof(*config->edits));
	if (!config->edits || names_init(&reader->edits, spot->node->count) < 0) {
		reader->no_memory = true;
		return;
	}
	while (reader_next_pair(reader, spot, &value, &key)) {
		struct config_edits *edits = &config->edits[config->edit_count];

		edits->name = reader_copy(reader, key.key);
		if (!edits->name)
			return;
		reader_name(reader, &key, "list of edits", edits->name);
		if (names_add(&reader->edits, edits->name, config->edit_count) != NAMES_NONE)
			reader_error(reader, &key, "edits: \"%s\" stands twice; leave one out",
				     edits->name);
		config->edit_count++;
		read_list(reader, &value, edits);
	}
}

const struct key_type key_edits = {.read = read_edits};

static void
read_edit(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	const struct config *config = reader->config;
	const char *text, *nearest, *names[CONFIG_EDITS_MAX];
	uint16_t *edits = key_at(key, into);
	uint32_t found;

	if (!reader_text(reader, spot, "the name of a list under edits", &text))
		return;
	found = names_find(&reader->edits, text);
	if (found != NAMES_NONE) {
		*edits = found;
		return;
	}
	for (unsigned i = 0; i < config->edit_count; i++)
		names[i] = config->edits[i].name;
	nearest = text_nearest(text, names, config->edit_count);
	if (nearest)
		reader_error(reader, spot, "edit: there is no list %s; did you mean \"%s\"?",
			     text_quote(text).text, nearest);
	else
		reader_error(reader, spot,
			     "edit: there is no list %s; write it at the top level, as in edits: "
			     "{ " EXAMPLE " }",
			     text_quote(text).text);
}

static void
write_edit(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_action *action = from;

	emit_name(out->file, out->config->edits[action->edits].name);
}

const struct key_type key_edit = {read_edit, write_edit, NULL, NULL};
