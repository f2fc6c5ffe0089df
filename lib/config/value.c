/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/instead.h"
#include "config/values.h"
#include "core/text.h"

#include "core/banned.h"

#define NUMBER_BYTES 32

static bool
parse_range(const char *text, uint32_t max, struct config_range *range)
{
	const char *dash = strchr(text, '-');
	char word[NUMBER_BYTES];
	uint64_t low, high;
	size_t length = dash ? (size_t)(dash - text) : strlen(text);

	if (length >= sizeof(word))
		return false;
	memcpy(word, text, length);
	word[length] = '\0';
	if (text_number(word, max, &low) < 0)
		return false;
	if (!dash)
		high = low;
	else if (text_number(dash + 1, max, &high) < 0)
		return false;
	*range = (struct config_range){low, high};
	return true;
}

static bool
is_octal(const char *text)
{
	return text[0] == '0' && text[1] && text[strspn(text, "0123456789")] == '\0';
}

static bool
read_range(struct reader *reader, const struct spot *spot, const struct key *key,
	   struct config_range *range)
{
	const struct words *words = key->names;
	const char *text, *nearest, *instead;

	if (!reader_text(reader, spot, key->what, &text))
		return false;
	if (words && words_number(words, text, &range->low)) {
		range->high = range->low;
		return true;
	}
	if (parse_range(text, key->high, range)) {
		if (range->low <= range->high)
			return true;
		reader_error(reader, spot, "%s: the range %s runs backwards; write %u-%u",
			     spot_key(spot), text_quote(text).text, range->high, range->low);
		return false;
	}
	nearest = words ? words_nearest(words, text) : NULL;
	instead = instead_of(spot, text);
	if (is_octal(text))
		reader_error(reader, spot,
			     "%s: with a 0 in front %s could be octal or hexadecimal; write %s or "
			     "0x%s",
			     spot_key(spot), text_quote(text).text, text + strspn(text, "0"), text);
	else if (instead)
		reader_error(reader, spot, "%s: unknown name %s; %s", spot_key(spot),
			     text_quote(text).text, instead);
	else if (nearest)
		reader_error(reader, spot, "%s: unknown name %s; did you mean \"%s\"?",
			     spot_key(spot), text_quote(text).text, nearest);
	else
		reader_expected(reader, spot, key->what);
	return false;
}

static int
by_low(const void *a, const void *b)
{
	const struct config_range *x = a, *y = b;

	return (x->low > y->low) - (x->low < y->low);
}

/* Ranges that overlap or touch become one. */
static void
merge_ranges(struct config_set *set)
{
	unsigned last = 0;

	if (!set->ranges || set->count == 0)
		return;
	qsort(set->ranges, set->count, sizeof(*set->ranges), by_low);
	for (unsigned i = 1; i < set->count; i++) {
		struct config_range *before = &set->ranges[last];

		if (set->ranges[i].low <= (uint64_t)before->high + 1) {
			if (set->ranges[i].high > before->high)
				before->high = set->ranges[i].high;
		} else {
			set->ranges[++last] = set->ranges[i];
		}
	}
	set->count = last + 1;
}

static void
read_set(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_set *set = key_at(key, into);
	struct values values;

	if (!values_open(&values, reader, spot))
		return;
	set->ranges = reader_alloc(reader, values.most, sizeof(*set->ranges));
	while (set->ranges && values_next(&values)) {
		if (read_range(reader, &values.item, key, &set->ranges[set->count]))
			set->count++;
	}
	merge_ranges(set);
	set->list = values_close(&values, set->ranges, set->count * sizeof(*set->ranges));
}

static void
put_number(FILE *out, uint32_t number, const struct words *names)
{
	fprintf(out, names == &ether_type_words ? "0x%04" PRIx32 : "%" PRIu32, number);
}

static void
put_range(FILE *out, const struct config_range *range, const struct words *names)
{
	const char *name = names ? words_name(names, range->low) : NULL;

	if (range->low == range->high && name) {
		fputs(name, out);
		return;
	}
	put_number(out, range->low, names);
	if (range->low == range->high)
		return;
	fputc('-', out);
	put_number(out, range->high, names);
}

static void
write_set(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_set *set = key_at(key, from);

	if (set->list) {
		values_write(out, set->list);
		return;
	}
	fputs(set->count > 1 ? "[" : "", out->file);
	for (unsigned i = 0; i < set->count; i++) {
		fputs(i ? ", " : "", out->file);
		put_range(out->file, &set->ranges[i], key->names);
	}
	fputs(set->count > 1 ? "]" : "", out->file);
}

static bool
has_set(const struct key *key, const void *from)
{
	const struct config_set *set = key_at(key, from);

	return set->count > 0;
}

static void
clear_set(const struct key *key, void *from)
{
	const struct config_set *set = key_at(key, from);

	free(set->ranges);
}

const struct key_type key_set = {read_set, write_set, has_set, clear_set};
