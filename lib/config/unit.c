/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/unit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/banned.h"

#define WIRE "-wire"
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A number, a space perhaps, a letter for thousands or more perhaps, and a word. */
struct parts {
	size_t number;  /* bytes of it */
	char thousands; /* "k", "M", "G", or NUL */
	const char *word;
};

static struct parts
take_apart(const char *text)
{
	static const char typed[] = "kKmMgG", plain[] = "kkMMGG";
	struct parts parts = {.number = strspn(text, "0123456789.")};
	const char *letter;

	parts.word = text + parts.number;
	if (parts.number && *parts.word == ' ')
		parts.word++;
	letter = *parts.word ? strchr(typed, *parts.word) : NULL;
	if (letter) {
		parts.thousands = plain[letter - typed];
		parts.word++;
	}
	return parts;
}

/* Of the rest of a text, which may end in "-wire". */
static bool
is_one_of(const char *word, const char *const *known, size_t count, bool *wire)
{
	size_t length = strlen(word), tail = strlen(WIRE);

	*wire = length > tail && strcasecmp(word + length - tail, WIRE) == 0;
	if (*wire)
		length -= tail;
	for (size_t i = 0; i < count; i++) {
		if (strlen(known[i]) == length && strncasecmp(word, known[i], length) == 0)
			return true;
	}
	return false;
}

bool
unit_is_bytes(const char *text)
{
	static const char *const words[] = {"bps", "b/s", "byte", "bytes", "byte/s", "bytes/s"};
	struct parts parts = take_apart(text);
	bool wire;

	/* Of "b" and "B" the large one means bytes; a word that is written out leaves no doubt. */
	return parts.number && is_one_of(parts.word, words, COUNT(words), &wire) &&
	       (*parts.word == 'B' || tolower((unsigned char)parts.word[1]) == 'y');
}

/* Writes text with its unit in the form that is read. False when it has none of these units, or is
 * too long. */
static bool
put_plain(const char *text, char *out, size_t size)
{
	static const char *const bits[] = {"bps",   "b/s",    "bit",   "bits",
					   "bit/s", "bits/s", "bitps", "bit/sec"};
	static const char *const packets[] = {"pps", "p/s", "packet/s", "packets/s"};
	static const char *const times[] = {"x"};
	struct parts parts = take_apart(text);
	const char *word = NULL;
	bool wire = false;

	if (parts.number && !unit_is_bytes(text)) {
		if (is_one_of(parts.word, bits, COUNT(bits), &wire))
			word = "bps";
		else if (is_one_of(parts.word, packets, COUNT(packets), &wire) && !wire)
			word = "pps";
		else if (!parts.thousands && is_one_of(parts.word, times, 1, &wire) && !wire)
			word = "x";
	}
	return word && snprintf(out, size, "%.*s%.1s%s%s", (int)parts.number, text,
				&parts.thousands, word, wire ? WIRE : "") < (int)size;
}

int
unit_parse(const char *text, const struct decimal_unit *units, unsigned count, struct decimal *out)
{
	char plain[DECIMAL_TEXT_MAX];
	int ret = decimal_parse(text, units, count, out);

	if (ret == -EINVAL && put_plain(text, plain, sizeof(plain)))
		ret = decimal_parse(plain, units, count, out);
	return ret;
}
