/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

/* Longer words are nobody's slip of the finger. */
#define NEAREST_MAX 64
#define SHORTEST_PREFIX 3

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool
same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Insertions, deletions, substitutions and swaps of neighbours that lead from a to b (Damerau and
 * Levenshtein, without a second edit of what was swapped). Both have at most NEAREST_MAX bytes. */
static unsigned
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][NEAREST_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *next = before;

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned change = last[j - 1] + !same(a[i - 1], b[j - 1]);

			row[j] = least(change, least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = next;
	}
	return last[b_length];
}

/* How far known is from word, or UINT_MAX when one is not to be taken for the other: more than a
 * third of the longer one differs, or nothing would be left of the shorter one. */
static unsigned
likeness(const char *word, size_t length, const char *known)
{
	size_t other = strlen(known);
	size_t longer = length > other ? length : other;
	size_t shorter = length < other ? length : other;
	unsigned edits;

	if (other == 0 || other > NEAREST_MAX)
		return ~0u;
	edits = distance(word, length, known, other);
	/* "proto" is as likely as two slips, however much is left out. */
	if (shorter >= SHORTEST_PREFIX && strncasecmp(word, known, shorter) == 0)
		return least(edits, 2);
	return edits <= (longer + 2) / 3 && edits < shorter ? edits : ~0u;
}

const char *
text_nearest(const char *word, const char *const *known, size_t count)
{
	size_t length = strlen(word);
	const char *nearest = NULL;
	unsigned best = ~0u;

	if (length == 0 || length > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned found = likeness(word, length, known[i]);

		if (found < best) {
			best = found;
			nearest = known[i];
		}
	}
	return nearest;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool
text_list(char *text, size_t size, const char *const *words, size_t count, const char *last)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < count && used < size; i++) {
		const char *between = i == 0 ? "" : i + 1 < count ? ", " : last;

		used += snprintf(text + used, size - used, "%s%s", between, words[i]);
	}
	return used < size;
}

int
text_number(const char *word, uint64_t max, uint64_t *value)
{
	bool hexadecimal = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	int base = hexadecimal ? 16 : 10;
	const char *at = hexadecimal ? word + 2 : word;
	uint64_t number = 0;
	bool too_large = false;

	if (!*at || (!hexadecimal && at[0] == '0' && at[1]))
		return -EINVAL;
	for (; *at; at++) {
		int next = digit(*at);

		if (next >= base)
			return -EINVAL;
		if (number > (UINT64_MAX - next) / base)
			too_large = true;
		number = number * base + next;
	}
	if (too_large || number > max)
		return -ERANGE;
	*value = number;
	return 0;
}

unsigned
text_utf8(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf; /* of the second byte, RFC 3629 section 4 */
	unsigned length;

	if (byte[0] == 0)
		return 0;
	if (byte[0] < 0x80)
		return 1;
	if (byte[0] >= 0xc2 && byte[0] <= 0xdf)
		length = 2;
	else if (byte[0] >= 0xe0 && byte[0] <= 0xef)
		length = 3;
	else if (byte[0] >= 0xf0 && byte[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (byte[0] == 0xe0)
		low = 0xa0;
	else if (byte[0] == 0xed)
		high = 0x9f;
	else if (byte[0] == 0xf0)
		low = 0x90;
	else if (byte[0] == 0xf4)
		high = 0x8f;
	if (byte[1] < low || byte[1] > high)
		return 0;
	for (unsigned i = 2; i < length; i++) {
		if (byte[i] < 0x80 || byte[i] > 0xbf)
			return 0;
	}
	return length;
}

bool
text_is_utf8(const char *text)
{
	unsigned length;

	while ((length = text_utf8(text)) != 0)
		text += length;
	return *text == '\0';
}

/* C0, DEL and C1 (RFC 3629's U+0080 to U+009F): what a terminal may obey instead of show. */
static bool
is_control(const char *text, unsigned length)
{
	unsigned char first = text[0];

	if (length == 1)
		return first < 0x20 || first == 0x7f;
	return length == 2 && first == 0xc2 && (unsigned char)text[1] < 0xa0;
}

void
text_clean(char *text)
{
	while (*text) {
		unsigned length = text_utf8(text);

		if (length == 0 || is_control(text, length)) {
			memset(text, '?', length ? length : 1);
			text += length ? length : 1;
		} else {
			text += length;
		}
	}
}

char *
text_close(FILE *out, char **text)
{
	bool failed = ferror(out);

	if (fclose(out) == 0 && !failed)
		return *text;
	free(*text);
	*text = NULL;
	return NULL;
}

struct text_quoted
text_quote(const char *word)
{
	static const char cut[] = "...\"";
	struct text_quoted quoted = {"\""};
	size_t used = 1;

	while (*word) {
		unsigned length = text_utf8(word);

		length = length ? length : 1;
		if (used + length + sizeof(cut) > sizeof(quoted.text))
			break;
		memcpy(quoted.text + used, word, length);
		used += length;
		word += length;
	}
	if (*word)
		memcpy(quoted.text + used, cut, sizeof(cut));
	else
		memcpy(quoted.text + used, "\"", 2);
	text_clean(quoted.text);
	return quoted;
}

char *
text_hex(const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(2 * count + 1);

	if (!text)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * count] = '\0';
	return text;
}
