/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/instead.h"
#include "core/log.h"
#include "core/text.h"

#include "core/banned.h"

#define PATH_BYTES 512
#define WARNING_MAX 512
#define LIST_WARNINGS_MAX 20

/* "rules[2].match.dst-port", cut when it does not fit. Returns the length. */
static size_t
spot_path(const struct spot *spot, char *path, size_t size)
{
	size_t used = 0;
	int more;

	path[0] = '\0';
	if (!spot || !spot->up)
		return 0;
	used = spot_path(spot->up, path, size);
	if (spot->key)
		more = snprintf(path + used, size - used, "%s%s", used ? "." : "", spot->key);
	else
		more = snprintf(path + used, size - used, "[%u]", spot->index);
	used += more > 0 ? more : 0;
	return used < size ? used : size - 1;
}

struct list_place {
	char text[PATH_BYTES];
};

/* "prefixes.txt:17: " */
static struct list_place
list_place(const struct reader *reader)
{
	struct list_place place = {""};

	if (reader->list.name)
		snprintf(place.text, sizeof(place.text), "%s:%u: ", reader->list.name,
			 reader->list.line);
	return place;
}

void
reader_error(struct reader *reader, const struct spot *spot, const char *format, ...)
{
	char path[PATH_BYTES];
	char *message;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&message, format, args);
	va_end(args);
	if (length < 0) {
		reader->no_memory = true;
		return;
	}
	spot_path(spot, path, sizeof(path));
	error_add(reader->errors, spot->line, spot->column, path[0] ? path : NULL, "%s%s",
		  list_place(reader).text, message);
	free(message);
}

void
reader_warning(struct reader *reader, const struct spot *spot, const char *format, ...)
{
	const char *file = reader->errors->file ? reader->errors->file : "config";
	char message[WARNING_MAX];
	va_list args;

	if (reader->list.name && ++reader->list.warnings > LIST_WARNINGS_MAX)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_warning("%s:%u:%u: %s%s", file, spot->line, spot->column, list_place(reader).text,
		    message);
}

void
reader_list_end(struct reader *reader, const struct spot *spot)
{
	unsigned warnings = reader->list.warnings;

	reader->list = (struct reader_list){0};
	if (warnings > LIST_WARNINGS_MAX)
		reader_warning(reader, spot, "%s: %u more lines are worth a warning",
			       spot_key(spot), warnings - LIST_WARNINGS_MAX);
}

const char *
spot_key(const struct spot *spot)
{
	while (spot->up && !spot->key)
		spot = spot->up;
	return spot->key ? spot->key : "config";
}

void
reader_expected(struct reader *reader, const struct spot *spot, const char *what)
{
	const struct node *node = spot->node;
	struct text_quoted quoted = {"nothing"};

	if (node->kind == NODE_BAD)
		return;
	if (node->kind == NODE_LIST)
		quoted = (struct text_quoted){"a list"};
	else if (node->kind == NODE_MAP)
		quoted = (struct text_quoted){"a mapping"};
	else if (!node_is_null(node))
		quoted = text_quote(node->text);
	reader_error(reader, spot, "%s: expected %s, not %s", spot_key(spot), what, quoted.text);
}

void *
reader_alloc(struct reader *reader, size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		reader->no_memory = true;
	return memory;
}

char *
reader_copy(struct reader *reader, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		reader->no_memory = true;
	return copy;
}

static void
go_to(struct spot *spot, const struct node *node)
{
	spot->node = node;
	spot->line = node->line;
	spot->column = node->column;
}

bool
spot_next_item(const struct spot *list, struct spot *item)
{
	const struct node *node = item->up ? item->node->next : list->node->first;

	item->index = item->up ? item->index + 1 : 0;
	item->up = list;
	if (!node)
		return false;
	go_to(item, node);
	return true;
}

/* As a key `null` is a word, a port's kind. */
static bool
is_word(const struct node *node)
{
	return node->kind == NODE_SCALAR &&
	       (!node_is_null(node) || strcmp(node->text, "null") == 0);
}

bool
reader_next_pair(struct reader *reader, const struct spot *map, struct spot *value,
		 struct spot *key)
{
	const struct node *node = value->up ? value->node->next : map->node->first;

	for (; node; node = node->next->next) {
		struct spot at = {.up = map, .key = node->text};

		go_to(&at, node);
		if (is_word(node)) {
			*value = at;
			if (key)
				*key = at;
			/* What is not there has no place of its own. */
			value->node = node->next;
			if (!node_is_null(node->next))
				go_to(value, node->next);
			return true;
		}
		at = *map;
		go_to(&at, node);
		if (node->kind != NODE_BAD)
			reader_error(reader, &at, "%s: a key is a word, not %s; write KEY: VALUE",
				     spot_key(map),
				     node->kind == NODE_LIST  ? "a list"
				     : node->kind == NODE_MAP ? "a mapping"
							      : "nothing");
	}
	return false;
}

static struct field *
find_field(struct field *fields, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

static void
unknown_key(struct reader *reader, const struct spot *key, const struct field *fields,
	    unsigned count)
{
	const char *names[FIELDS_MAX];
	const char *nearest, *instead = instead_of(key, key->key);
	char all[256];

	for (unsigned i = 0; i < count; i++)
		names[i] = fields[i].name;
	text_list(all, sizeof(all), names, count, ", ");
	nearest = text_nearest(key->key, names, count);
	if (instead)
		reader_error(reader, key, "unknown key %s; %s", text_quote(key->key).text, instead);
	else if (nearest)
		reader_error(reader, key, "unknown key %s; did you mean \"%s\"?",
			     text_quote(key->key).text, nearest);
	else
		reader_error(reader, key, "unknown key %s; there are %s", text_quote(key->key).text,
			     all);
}

bool
reader_section(struct reader *reader, const struct spot *spot, const char *what)
{
	if (spot->node->kind == NODE_MAP)
		return true;
	if (!node_is_null(spot->node))
		reader_expected(reader, spot, what);
	return false;
}

bool
reader_fields(struct reader *reader, const struct spot *map, struct field *fields, unsigned count,
	      const char *what)
{
	struct spot value = {0}, key;

	if (map->node->kind != NODE_MAP) {
		reader_expected(reader, map, what);
		return false;
	}
	while (reader_next_pair(reader, map, &value, &key)) {
		struct field *field = find_field(fields, count, key.key);

		if (!field) {
			unknown_key(reader, &key, fields, count);
		} else if (field->given) {
			reader_error(reader, &key, "\"%s\" stands twice; leave one out", key.key);
		} else {
			field->given = true;
			field->spot = value;
		}
	}
	return true;
}
