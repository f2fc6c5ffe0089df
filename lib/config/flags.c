/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of words each of which says yes to something by itself. */
#include <string.h>

#include "config/instead.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define WORDS_MAX 16

static void
unknown(struct reader *reader, const struct spot *spot, const struct key *key, const char *text)
{
	const char *names[WORDS_MAX], *instead = instead_of(spot, text), *nearest;
	unsigned count = 0;

	for (const struct key_word *word = key->words; word->name && count < WORDS_MAX; word++)
		names[count++] = word->name;
	nearest = text_nearest(text, names, count);
	if (instead)
		reader_error(reader, spot, "%s: %s", spot_key(spot), instead);
	else if (nearest)
		reader_error(reader, spot, "%s: expected %s, not %s; did you mean \"%s\"?",
			     spot_key(spot), key->what, text_quote(text).text, nearest);
	else
		reader_expected(reader, spot, key->what);
}

static void
read_flag(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	unsigned *flags = key_at(key, into);
	const char *text;

	if (!reader_text(reader, spot, key->what, &text))
		return;
	for (const struct key_word *word = key->words; word->name; word++) {
		if (strcmp(word->name, text) == 0) {
			*flags |= word->value;
			return;
		}
	}
	unknown(reader, spot, key, text);
}

static void
read_flags(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct spot item = {0};

	if (!reader_list(reader, spot, key->what))
		return;
	while (spot_next_item(spot, &item))
		read_flag(reader, &item, key, into);
}

static void
write_flags(const struct key_out *out, const struct key *key, const void *from)
{
	const unsigned *flags = key_at(key, from);
	const char *before = "";

	fputc('[', out->file);
	for (const struct key_word *word = key->words; word->name; word++) {
		if (!(*flags & word->value))
			continue;
		fprintf(out->file, "%s%s", before, word->name);
		before = ", ";
	}
	fputc(']', out->file);
}

const struct key_type key_flags = {read_flags, write_flags, key_has_number, NULL};

static void
read_words(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	if (spot->node->kind != NODE_LIST)
		read_flag(reader, spot, key, into);
	else if (spot->node->count == 0)
		reader_error(reader, spot,
			     "%s: an empty list; name one, or leave %s out for any of them",
			     spot_key(spot), spot_key(spot));
	else
		read_flags(reader, spot, key, into);
}

static void
write_words(const struct key_out *out, const struct key *key, const void *from)
{
	const unsigned *flags = key_at(key, from);

	for (const struct key_word *word = key->words; word->name; word++) {
		if (*flags == word->value) {
			fputs(word->name, out->file);
			return;
		}
	}
	write_flags(out, key, from);
}

const struct key_type key_words = {read_words, write_words, key_has_number, NULL};
