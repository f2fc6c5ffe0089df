/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/list.h"
#include "core/text.h"

#include "core/banned.h"

#define ALL_BYTES 256

/* By kind. */
static const struct row {
	const char *noun, *section;
	const struct key_map *keys;
	size_t items, count, size; /* where a config has them, how many, and bytes of one */
} rows[] = {
#define X(kind, noun)                                                    \
	[CONFIG_TARGET_##kind] = {#noun,                                 \
				  #noun "s",                             \
				  &key_##noun,                           \
				  offsetof(struct config, noun##s),      \
				  offsetof(struct config, noun##_count), \
				  sizeof(*((struct config *)0)->noun##s)},
	CONFIG_TARGET_TABLE(X)
#undef X
};

unsigned
config_target_count(const struct config *config, enum config_target_kind kind)
{
	return *(const unsigned *)((const char *)config + rows[kind].count);
}

/* All of a kind. */
static char *
items_of(const struct config *config, enum config_target_kind kind)
{
	char *items;

	memcpy(&items, (const char *)config + rows[kind].items, sizeof(items));
	return items;
}

static char *
item_of(const struct config *config, enum config_target_kind kind, unsigned index)
{
	return items_of(config, kind) + index * rows[kind].size;
}

const char *
config_target_name(const struct config *config, const struct config_target *target)
{
	return *(const char *const *)item_of(config, target->kind, target->index);
}

const char *
config_target_section(enum config_target_kind kind)
{
	return rows[kind].section;
}

int
config_target_find(const struct config *config, enum config_target_kind kind, const char *name)
{
	unsigned count = config_target_count(config, kind);

	for (unsigned i = 0; i < count; i++) {
		if (strcmp(*(const char *const *)item_of(config, kind, i), name) == 0)
			return (int)i;
	}
	return -1;
}

bool
config_target_same(const struct config *a, const struct config *b, enum config_target_kind kind,
		   unsigned a_index, unsigned b_index)
{
	return !key_difference(rows[kind].keys, a, item_of(a, kind, a_index), b,
			       item_of(b, kind, b_index));
}

void
target_write_all(const struct key_out *out)
{
	for (unsigned kind = 0; kind < CONFIG_TARGET_KINDS; kind++)
		emit_section(out, rows[kind].section, rows[kind].keys, items_of(out->config, kind),
			     config_target_count(out->config, kind), rows[kind].size);
}

void
target_clear_all(struct config *config)
{
	for (unsigned kind = 0; kind < CONFIG_TARGET_KINDS; kind++) {
		unsigned count = config_target_count(config, kind);

		for (unsigned i = 0; i < count; i++) {
			char *item = item_of(config, kind, i);

			free(*(char **)item);
			key_clear(rows[kind].keys, item);
		}
		free(items_of(config, kind));
	}
}

#define NUMBER(kind, index) ((kind)*CONFIG_KIND_MAX + (index))

bool
reader_target(const struct reader *reader, const char *name, struct config_target *target)
{
	uint32_t found = names_find(&reader->targets, name);

	if (found == NAMES_NONE)
		return false;
	*target = (struct config_target){found / CONFIG_KIND_MAX, found % CONFIG_KIND_MAX};
	return true;
}

void
reader_claim(struct reader *reader, const struct spot *key, enum config_target_kind kind,
	     const char *name, unsigned index)
{
	const char *noun = rows[kind].noun, *others;
	struct config_target other;

	reader_name(reader, key, noun, name);
	if (!reader_target(reader, name, &other)) {
		names_add(&reader->targets, name, NUMBER(kind, index));
		return;
	}
	others = rows[other.kind].noun;
	if (other.kind == kind)
		reader_error(reader, key, "%ss: %s stands twice; a name is one %s's", noun,
			     text_quote(name).text, noun);
	else
		reader_error(reader, key,
			     "%ss: %s is a %s already; an action could mean either, so give the "
			     "%s another name",
			     noun, text_quote(name).text, others, noun);
}

/* A finding about a name that is none of the first so many kinds, with the nearest that is. */
static void
unknown(struct reader *reader, const struct spot *spot, unsigned kinds, const char *name)
{
	const char *nouns[CONFIG_TARGET_KINDS], *names[CONFIG_TARGET_KINDS * CONFIG_KIND_MAX];
	char what[ALL_BYTES], all[ALL_BYTES];
	const char *nearest, *rest;
	unsigned count = 0;

	for (unsigned kind = 0; kind < kinds; kind++) {
		unsigned end = config_target_count(reader->config, kind);

		nouns[kind] = rows[kind].noun;
		for (unsigned i = 0; i < end; i++)
			names[count++] = config_target_name(reader->config,
							    &(struct config_target){kind, i});
	}
	text_list(what, sizeof(what), nouns, kinds, " or ");
	rest = text_list(all, sizeof(all), names, count, ", ") ? "" : "...";
	nearest = text_nearest(name, names, count);
	if (nearest)
		reader_error(reader, spot, "%s: there is no %s %s; did you mean \"%s\"?",
			     spot_key(spot), what, text_quote(name).text, nearest);
	else
		reader_error(reader, spot, "%s: there is no %s %s; there %s %s%s", spot_key(spot),
			     what, text_quote(name).text, count == 1 ? "is" : "are", all, rest);
}

bool
reader_port(struct reader *reader, const struct spot *spot, const char *what, uint16_t *index)
{
	struct config_target target;
	const char *name;

	if (!reader_text(reader, spot, what, &name))
		return false;
	if (!reader_target(reader, name, &target)) {
		if (!reader->no_ports)
			unknown(reader, spot, CONFIG_TARGET_PORT + 1, name);
		return false;
	}
	if (target.kind != CONFIG_TARGET_PORT) {
		reader_error(reader, spot, "%s: \"%s\" is a %s; expected %s", spot_key(spot), name,
			     rows[target.kind].noun, what);
		return false;
	}
	*index = target.index;
	return true;
}

static void
check_port(struct reader *reader, const struct spot *spot, unsigned port)
{
	if (!reader_can_send(reader, port))
		reader_error(reader, spot,
			     "%s: nothing can leave through port %s, a capture that is only "
			     "read; give it an \"out\"",
			     spot_key(spot), reader->config->ports[port].name);
}

static void
check_group(struct reader *reader, const struct spot *spot, const struct config_group *group)
{
	for (unsigned i = 0; i < group->port_count; i++) {
		if (!reader_can_send(reader, group->ports[i]))
			reader_error(reader, spot,
				     "%s: group %s has port %s, a capture that is only read, so "
				     "nothing can leave there; give it an \"out\"",
				     spot_key(spot), group->name,
				     reader->config->ports[group->ports[i]].name);
	}
}

static void
read_target(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_target *target = key_at(key, into);
	const char *name;

	if (!reader_text(reader, spot, "the name of one target", &name))
		return;
	if (!reader_target(reader, name, target)) {
		if (!reader->no_ports)
			unknown(reader, spot, CONFIG_TARGET_KINDS, name);
	} else if (target->kind == CONFIG_TARGET_PORT) {
		check_port(reader, spot, target->index);
	} else if (target->kind == CONFIG_TARGET_GROUP) {
		check_group(reader, spot, &reader->config->groups[target->index]);
	}
}

static void
write_target(const struct key_out *out, const struct key *key, const void *from)
{
	emit_name(out->file, config_target_name(out->config, key_at(key, from)));
}

const struct key_type key_target = {read_target, write_target, NULL, NULL};

/* Its target; what it has beside that is read with the pair. */
static void
read_mirror(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	key_target.read(reader, spot, key, into);
}

static void
write_mirror(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_action *action = from;

	key_target.write(out, key, from);
	if (!action->with)
		return;
	fputs(", with: [", out->file);
	list_write(out, action->with);
	fputs("]", out->file);
}

static void
clear_mirror(const struct key *key, void *from)
{
	struct config_action *action = from;

	if (action->with)
		list_clear(action->with);
	free(action->with);
}

const struct key_type key_mirror = {read_mirror, write_mirror, NULL, clear_mirror};
