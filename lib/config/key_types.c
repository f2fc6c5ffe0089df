/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/amount.h"
#include "config/emit.h"
#include "config/instead.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define WHAT_BYTES 256
#define WORDS_MAX 16

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "what is short stands in front");

static uint64_t
load(const struct key *key, const void *from)
{
	uint64_t number = 0;

	memcpy(&number, key_at(key, from), key->size);
	return number;
}

static void
store(const struct key *key, void *into, uint64_t number)
{
	memcpy(key_at(key, into), &number, key->size);
}

bool
key_has_number(const struct key *key, const void *from)
{
	return load(key, from) != 0;
}

static void
read_number(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	const char *what = key->what ? key->what : "a number";
	uint32_t number;

	if (reader_number(reader, spot, what, key->low, key->high, &number))
		store(key, into, number);
}

static void
write_number(const struct key_out *out, const struct key *key, const void *from)
{
	fprintf(out->file, "%" PRIu64, load(key, from));
}

/* "drop, send or pad"; the names alone go to names. Returns how many. */
static unsigned
list_words(const struct key_word *words, const char *names[WORDS_MAX], char *what, size_t size)
{
	unsigned count = 0;

	for (; words[count].name; count++)
		names[count] = words[count].name;
	text_list(what, size, names, count, " or ");
	return count;
}

void
key_read_word(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	const char *text, *nearest, *instead, *names[WORDS_MAX] = {NULL};
	char what[WHAT_BYTES] = "";
	unsigned count = list_words(key->words, names, what, sizeof(what));

	if (!reader_text(reader, spot, what, &text))
		return;
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(names[i], text) == 0) {
			store(key, into, key->words[i].value);
			return;
		}
	}
	nearest = text_nearest(text, names, count);
	instead = instead_of(spot, text);
	if (instead)
		reader_error(reader, spot, "%s: unknown name %s; %s", spot_key(spot),
			     text_quote(text).text, instead);
	else if (nearest)
		reader_error(reader, spot, "%s: expected %s, not %s; did you mean \"%s\"?",
			     spot_key(spot), what, text_quote(text).text, nearest);
	else
		reader_expected(reader, spot, what);
}

void
key_write_word(const struct key_out *out, const struct key *key, const void *from)
{
	const struct key_word *word = key->words;

	while (word->value != load(key, from))
		word++;
	fputs(word->name, out->file);
}

static void
read_duration(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	const char *text;
	uint64_t ns;

	if (!reader_text(reader, spot, CONFIG_DURATION_FORMS, &text))
		return;
	if (config_duration_parse(text, &ns, reason, sizeof(reason)) < 0)
		reader_error(reader, spot, "%s: %s", spot_key(spot), reason);
	else if (ns < key->low)
		reader_error(reader, spot, "%s: %s", spot_key(spot), key->advice);
	else
		store(key, into, ns);
}

static void
write_duration(const struct key_out *out, const struct key *key, const void *from)
{
	char text[CONFIG_AMOUNT_TEXT_MAX];

	config_duration_format(load(key, from), text, sizeof(text));
	fputs(text, out->file);
}

static void
refuse_bytes(struct reader *reader, const struct spot *spot, const struct key *key,
	     const char *text)
{
	char low[CONFIG_AMOUNT_TEXT_MAX], high[CONFIG_AMOUNT_TEXT_MAX];

	config_size_format(key->low, low, sizeof(low));
	config_size_format(key->high, high, sizeof(high));
	reader_error(reader, spot, "%s: expected a size from %s to %s, not %s", spot_key(spot), low,
		     high, text_quote(text).text);
}

static void
read_bytes(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	const char *text;
	uint64_t bytes;

	if (!reader_text(reader, spot, CONFIG_SIZE_FORMS, &text))
		return;
	if (config_size_parse(text, &bytes, reason, sizeof(reason)) < 0)
		reader_error(reader, spot, "%s: %s", spot_key(spot), reason);
	else if (bytes < key->low || bytes > key->high)
		refuse_bytes(reader, spot, key, text);
	else
		store(key, into, (bytes + key->step - 1) / key->step * key->step);
}

static void
write_bytes(const struct key_out *out, const struct key *key, const void *from)
{
	char text[CONFIG_AMOUNT_TEXT_MAX];

	config_size_format(load(key, from), text, sizeof(text));
	fputs(text, out->file);
}

static void
read_expression(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	char **filter = key_at(key, into);

	*filter = read_filter(reader, spot, key->advice);
}

void
key_write_text(const struct key_out *out, const struct key *key, const void *from)
{
	char *const *text = key_at(key, from);

	emit_quoted(out->file, *text);
}

bool
key_has_text(const struct key *key, const void *from)
{
	char *const *text = key_at(key, from);

	return *text != NULL;
}

/* Several keys may be ways to say the same member. */
void
key_clear_text(const struct key *key, void *from)
{
	char **text = key_at(key, from);

	free(*text);
	*text = NULL;
}

void
key_read_nested(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	key_read(reader, spot, key->map, key_at(key, into));
}

void
key_write_nested(const struct key_out *out, const struct key *key, const void *from)
{
	key_write_flow(out, key->map, key_at(key, from));
}

void
key_clear_nested(const struct key *key, void *from)
{
	key_clear(key->map, key_at(key, from));
}

void *
key_own(struct reader *reader, const struct key *key, void *into, size_t size)
{
	void *memory = reader_alloc(reader, 1, size);

	memcpy(key_at(key, into), &memory, sizeof(memory));
	return memory;
}

void *
key_owns(const struct key *key, const void *from)
{
	void *memory;

	memcpy(&memory, (const char *)from + key->offset, sizeof(memory));
	return memory;
}

void
key_clear_owned(const struct key *key, void *from)
{
	void *memory = key_owns(key, from);

	if (memory && key->map)
		key_clear(key->map, memory);
	free(memory);
}

static void
read_owned(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	void *memory = key_own(reader, key, into, key->map->size);

	if (memory)
		key_read(reader, spot, key->map, memory);
}

static void
write_owned(const struct key_out *out, const struct key *key, const void *from)
{
	key_write_flow(out, key->map, key_owns(key, from));
}

const struct key_word key_bool[] = {{"false", false}, {"true", true}, {NULL, 0}};

const struct key_type key_number = {read_number, write_number, key_has_number, NULL};
const struct key_type key_count = {read_number, write_number, NULL, NULL};
const struct key_type key_word = {key_read_word, key_write_word, NULL, NULL};
const struct key_type key_duration = {read_duration, write_duration, key_has_number, NULL};
const struct key_type key_bytes = {read_bytes, write_bytes, NULL, NULL};
const struct key_type key_limit = {read_bytes, write_bytes, key_has_number, NULL};
const struct key_type key_filter = {read_expression, key_write_text, key_has_text, key_clear_text};
const struct key_type key_nested = {key_read_nested, key_write_nested, NULL, key_clear_nested};
const struct key_type key_owned = {read_owned, write_owned, NULL, key_clear_owned};
