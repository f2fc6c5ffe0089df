/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#include "core/banned.h"

bool
key_find(struct reader *reader, const struct spot *spot, const struct key_map *map,
	 struct field *fields)
{
	for (unsigned i = 0; i < map->count; i++)
		fields[i] = (struct field){map->keys[i].name};
	return reader_fields(reader, spot, fields, map->count, map->what);
}

/* Of a mapping within, too: it may be left out as a whole. */
static void
take_defaults(struct reader *reader, const struct key_map *map, void *into)
{
	for (const struct key *key = map->keys; key < map->keys + map->count; key++) {
		const struct node node = {
			.kind = NODE_SCALAR, .plain = true, .text = key->otherwise};
		const struct spot spot = {.key = key->name, .node = &node};

		if (key->map)
			take_defaults(reader, key->map, key_at(key, into));
		else if (key->otherwise)
			key->type->read(reader, &spot, key, into);
	}
}

static void
missing(struct reader *reader, const struct spot *spot, const struct key_map *map,
	const struct key *key, const void *into)
{
	const char *const *name = into;

	if (map->kind)
		reader_error(reader, spot, "%s %s: %s is missing, as in %s", map->kind, *name,
			     key->name, key->required);
	else
		reader_error(reader, spot, "%s", key->required);
}

static void
note_given(const struct key *key, void *into)
{
	char *given = (char *)into + key->given;

	if (key->flag)
		*(uint32_t *)given |= key->flag;
	else if (key->given)
		*(bool *)given = true;
}

static bool
was_given(const struct key *key, const void *from)
{
	const char *given = (const char *)from + key->given;

	return key->flag ? *(const uint32_t *)given & key->flag : *(const bool *)given;
}

void
key_take(struct reader *reader, const struct spot *spot, const struct key_map *map,
	 const struct field *fields, void *into)
{
	take_defaults(reader, map, into);
	for (unsigned i = 0; i < map->count; i++) {
		const struct key *key = &map->keys[i];

		if (fields[i].given) {
			key->type->read(reader, &fields[i].spot, key, into);
			note_given(key, into);
		} else if (key->required) {
			missing(reader, spot, map, key, into);
		}
	}
}

bool
key_read(struct reader *reader, const struct spot *spot, const struct key_map *map, void *into)
{
	struct field fields[KEYS_MAX];

	if (!key_find(reader, spot, map, fields))
		return false;
	key_take(reader, spot, map, fields, into);
	return true;
}

static bool
stands(const struct key *key, const void *from)
{
	if (!key->type->write)
		return false;
	if (key->given || key->flag)
		return was_given(key, from);
	return !key->type->stands || key->type->stands(key, from);
}

void
key_write_lines(const struct key_out *out, const struct key_map *map, const void *from,
		const char *first, const char *rest)
{
	const char *before = first;

	for (const struct key *key = map->keys; key < map->keys + map->count; key++) {
		if (!stands(key, from))
			continue;
		fprintf(out->file, "%s%s: ", before, key->name);
		key->type->write(out, key, from);
		fputc('\n', out->file);
		before = rest;
	}
}

void
key_write_flow(const struct key_out *out, const struct key_map *map, const void *from)
{
	const char *before = "{ ", *after = "{ }";

	for (const struct key *key = map->keys; key < map->keys + map->count; key++) {
		if (!stands(key, from))
			continue;
		fprintf(out->file, "%s%s: ", before, key->name);
		key->type->write(out, key, from);
		before = ", ";
		after = " }";
	}
	fputs(after, out->file);
}

/* NULL without memory. */
static char *
written(const struct key *key, const struct config *config, const void *from)
{
	char *text = NULL;
	size_t size;
	struct key_out out = {open_memstream(&text, &size), config};

	if (!out.file)
		return NULL;
	if (stands(key, from))
		key->type->write(&out, key, from);
	return text_close(out.file, &text);
}

const struct key *
key_difference(const struct key_map *map, const struct config *a_config, const void *a,
	       const struct config *b_config, const void *b)
{
	for (const struct key *key = map->keys; key < map->keys + map->count; key++) {
		char *first = written(key, a_config, a), *second = written(key, b_config, b);
		bool same = first && second && strcmp(first, second) == 0;

		free(first);
		free(second);
		if (!same)
			return key;
	}
	return NULL;
}

void
key_clear(const struct key_map *map, void *from)
{
	for (const struct key *key = map->keys; key < map->keys + map->count; key++) {
		if (key->type->clear)
			key->type->clear(key, from);
	}
}
