/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/values.h"
#include "core/text.h"

#include "core/banned.h"

#define ADDRESS_BYTES (INET6_ADDRSTRLEN + sizeof("/128"))

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

bool
key_read_prefix(struct reader *reader, const struct spot *spot, const char *what,
		struct config_prefix *prefix)
{
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

bool
config_prefix_covers(const struct config_prefix *wide, const struct config_prefix *narrow)
{
	unsigned bytes = wide->length / 8, bits = wide->length % 8;

	return wide->family == narrow->family && wide->length <= narrow->length &&
	       memcmp(wide->address, narrow->address, bytes) == 0 &&
	       (bits == 0 || (wide->address[bytes] ^ narrow->address[bytes]) >> (8 - bits) == 0);
}

/* A prefix within another says nothing more. In order of addresses it comes behind that one, with
 * none between that is not within it too. */
static void
merge_prefixes(struct config_prefixes *prefixes)
{
	unsigned last = 0;

	if (!prefixes->items || prefixes->count == 0)
		return;
	qsort(prefixes->items, prefixes->count, sizeof(*prefixes->items), by_address);
	for (unsigned i = 1; i < prefixes->count; i++) {
		if (!config_prefix_covers(&prefixes->items[last], &prefixes->items[i]))
			prefixes->items[++last] = prefixes->items[i];
	}
	prefixes->count = last + 1;
}

static void
read_prefixes(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] =
		"an IPv4 or IPv6 prefix such as 10.0.0.0/8 or 2001:db8::/32, or a list of these";
	struct config_prefixes *prefixes = key_at(key, into);
	struct values values;

	if (!values_open(&values, reader, spot))
		return;
	prefixes->items = reader_alloc(reader, values.most, sizeof(*prefixes->items));
	while (prefixes->items && values_next(&values)) {
		if (key_read_prefix(reader, &values.item, what, &prefixes->items[prefixes->count]))
			prefixes->count++;
	}
	merge_prefixes(prefixes);
	prefixes->list =
		values_close(&values, prefixes->items, prefixes->count * sizeof(*prefixes->items));
}

static void
put_prefix(FILE *out, const struct config_prefix *prefix, bool length)
{
	char address[INET6_ADDRSTRLEN];
	bool ipv4 = prefix->family == 4;

	inet_ntop(ipv4 ? AF_INET : AF_INET6, prefix->address, address, sizeof(address));
	/* Quoted, since "::" is a mapping's sign to some readers. */
	fprintf(out, ipv4 ? "%s" : "\"%s", address);
	if (length)
		fprintf(out, "/%u", prefix->length);
	fputs(ipv4 ? "" : "\"", out);
}

void
key_put_prefix(FILE *out, const struct config_prefix *prefix)
{
	put_prefix(out, prefix, prefix->length < family_bits(prefix->family));
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
		put_prefix(out->file, &prefixes->items[i], true);
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

static void
read_prefix(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "an IPv4 or IPv6 address such as 192.0.2.1, or a prefix such as "
				   "10.0.0.0/8";
	struct config_prefix *prefix = key_at(key, into);

	if (key_read_prefix(reader, spot, what, prefix) && prefix->length < key->low)
		reader_error(reader, spot, "%s: %s", spot_key(spot), key->advice);
}

static void
read_address(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1";
	struct config_prefix *address = key_at(key, into);

	if (!key_read_prefix(reader, spot, what, address))
		return;
	if (address->length < family_bits(address->family))
		reader_expected(reader, spot, what);
}

static void
write_prefix(const struct key_out *out, const struct key *key, const void *from)
{
	key_put_prefix(out->file, key_at(key, (void *)from));
}

const struct key_type key_prefix = {read_prefix, write_prefix, NULL, NULL};
const struct key_type key_address = {read_address, write_prefix, NULL, NULL};
