/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/instead.h"
#include "config/values.h"
#include "core/text.h"

#include "core/banned.h"

#define NUMBER_BYTES 32
#define ADDRESS_BYTES (INET6_ADDRSTRLEN + sizeof("/128"))

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

		if (set->ranges[i].low <= before->high + 1) {
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

static unsigned
family_bits(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

/* Clears the bits behind the prefix; true when some were set. */
static bool
clear_host_bits(struct config_prefix *prefix)
{
	bool found = false;

	for (unsigned i = 0; i < family_bits(prefix->family) / 8; i++) {
		unsigned kept = prefix->length > i * 8 ? prefix->length - i * 8 : 0;
		uint8_t mask = kept >= 8 ? 0xff : 0xff << (8 - kept);

		found |= prefix->address[i] & ~mask;
		prefix->address[i] &= mask;
	}
	return found;
}

/* "10.0.0.0/8", "2001:db8::1". */
static bool
parse_prefix(const char *text, struct config_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char address[ADDRESS_BYTES];
	uint64_t bits;

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	memset(prefix, 0, sizeof(*prefix));
	prefix->family = strchr(address, ':') ? 6 : 4;
	bits = family_bits(prefix->family);
	if (inet_pton(prefix->family == 4 ? AF_INET : AF_INET6, address, prefix->address) != 1)
		return false;
	if (slash && text_number(slash + 1, bits, &bits) < 0)
		return false;
	prefix->length = bits;
	return true;
}

static bool
read_prefix(struct reader *reader, const struct spot *spot, struct config_prefix *prefix)
{
	static const char what[] =
		"an IPv4 or IPv6 prefix such as 10.0.0.0/8 or 2001:db8::/32, or a list of these";
	char right[INET6_ADDRSTRLEN];
	const char *text;

	if (!reader_text(reader, spot, what, &text))
		return false;
	if (!parse_prefix(text, prefix)) {
		reader_expected(reader, spot, what);
		return false;
	}
	if (!clear_host_bits(prefix))
		return true;
	inet_ntop(prefix->family == 4 ? AF_INET : AF_INET6, prefix->address, right, sizeof(right));
	reader_warning(reader, spot, "%s: %s has bits set behind its %u; it is read as %s/%u",
		       spot_key(spot), text_quote(text).text, prefix->length, right,
		       prefix->length);
	return true;
}

static int
by_address(const void *a, const void *b)
{
	const struct config_prefix *x = a, *y = b;
	int order = (int)x->family - y->family;

	if (order == 0)
		order = memcmp(x->address, y->address, sizeof(x->address));
	return order ? order : (int)x->length - y->length;
}

static bool
covers(const struct config_prefix *wide, const struct config_prefix *narrow)
{
	struct config_prefix cut = *narrow;

	if (wide->family != narrow->family || wide->length > narrow->length)
		return false;
	cut.length = wide->length;
	clear_host_bits(&cut);
	return memcmp(cut.address, wide->address, sizeof(cut.address)) == 0;
}

/* A prefix within another says nothing more. In order of addresses it comes behind that one, with none
 * between that is not within it too. */
static void
merge_prefixes(struct config_prefixes *prefixes)
{
	unsigned last = 0;

	if (!prefixes->items || prefixes->count == 0)
		return;
	qsort(prefixes->items, prefixes->count, sizeof(*prefixes->items), by_address);
	for (unsigned i = 1; i < prefixes->count; i++) {
		if (!covers(&prefixes->items[last], &prefixes->items[i]))
			prefixes->items[++last] = prefixes->items[i];
	}
	prefixes->count = last + 1;
}

static void
read_prefixes(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_prefixes *prefixes = key_at(key, into);
	struct values values;

	if (!values_open(&values, reader, spot))
		return;
	prefixes->items = reader_alloc(reader, values.most, sizeof(*prefixes->items));
	while (prefixes->items && values_next(&values)) {
		if (read_prefix(reader, &values.item, &prefixes->items[prefixes->count]))
			prefixes->count++;
	}
	merge_prefixes(prefixes);
	prefixes->list =
		values_close(&values, prefixes->items, prefixes->count * sizeof(*prefixes->items));
}

static void
put_prefix(FILE *out, const struct config_prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	bool ipv4 = prefix->family == 4;

	inet_ntop(ipv4 ? AF_INET : AF_INET6, prefix->address, address, sizeof(address));
	/* Quoted, since "::" is a mapping's sign to some readers. */
	fprintf(out, ipv4 ? "%s/%u" : "\"%s/%u\"", address, prefix->length);
}

static void
write_prefixes(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_prefixes *prefixes = key_at(key, from);

	if (prefixes->list) {
		values_write(out, prefixes->list);
		return;
	}
	fputs(prefixes->count > 1 ? "[" : "", out->file);
	for (unsigned i = 0; i < prefixes->count; i++) {
		fputs(i ? ", " : "", out->file);
		put_prefix(out->file, &prefixes->items[i]);
	}
	fputs(prefixes->count > 1 ? "]" : "", out->file);
}

static bool
has_prefixes(const struct key *key, const void *from)
{
	const struct config_prefixes *prefixes = key_at(key, from);

	return prefixes->count > 0;
}

static void
clear_prefixes(const struct key *key, void *from)
{
	const struct config_prefixes *prefixes = key_at(key, from);

	free(prefixes->items);
}

const struct key_type key_prefixes = {read_prefixes, write_prefixes, has_prefixes, clear_prefixes};
