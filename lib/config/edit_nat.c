/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define EXAMPLE "{ nat: { 10.0.0.0/8: 172.16.0.0/8 } }"

/* The first pair that holds is the one that counts. */
static void
check_order(struct reader *reader, const struct spot *spot, const struct config_nat *nat,
	    const struct config_prefix *from)
{
	for (unsigned i = 0; i < nat->count; i++) {
		if (!config_prefix_covers(&nat->pairs[i].from, from))
			continue;
		reader_error(reader, spot,
			     "nat: %s lies in an earlier one, which is taken first; put it before "
			     "that, or leave it out",
			     text_quote(spot->node->text).text);
		return;
	}
}

static void
read_pair(struct reader *reader, const struct spot *key, const struct spot *value,
	  struct config_nat *nat)
{
	static const char what[] = "an IPv4 or IPv6 prefix such as 10.0.0.0/8, or an address";
	struct config_nat_pair *pair = &nat->pairs[nat->count];
	bool from = key_read_prefix(reader, key, what, &pair->from);
	bool to = key_read_prefix(reader, value, what, &pair->to);

	if (!from || !to)
		return;
	if (pair->from.family != pair->to.family)
		reader_error(reader, value,
			     "nat: %s is of IPv%u, and what stands in its place is of IPv%u; both "
			     "are of one version",
			     text_quote(key->node->text).text, pair->from.family, pair->to.family);
	else if (pair->from.length != pair->to.length)
		reader_error(reader, value,
			     "nat: %s has %u bits, and what stands in its place has %u; both have "
			     "one length",
			     text_quote(key->node->text).text, pair->from.length, pair->to.length);
	else if (pair->from.length == 0)
		reader_error(reader, key, "nat: a prefix of 0 bits replaces nothing; leave it out");
	check_order(reader, key, nat, &pair->from);
	nat->count++;
}

static void
read_nat(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_nat *nat = key_own(reader, key, into, sizeof(*nat));
	struct spot value = {0}, name;

	if (!nat)
		return;
	if (spot->node->kind != NODE_MAP) {
		reader_expected(reader, spot, "pairs of prefixes, as in " EXAMPLE);
		return;
	}
	if (spot->node->count == 0 || spot->node->count > CONFIG_NAT_MAX) {
		reader_error(reader, spot,
			     "nat: %u pairs of prefixes; write 1 to %u, as in " EXAMPLE,
			     spot->node->count, CONFIG_NAT_MAX);
		return;
	}
	nat->pairs = reader_alloc(reader, spot->node->count, sizeof(*nat->pairs));
	while (nat->pairs && reader_next_pair(reader, spot, &value, &name)) {
		/* A finding about what stands as a key is one about the nat. */
		name.key = spot->key;
		name.up = spot->up;
		read_pair(reader, &name, &value, nat);
	}
}

static void
write_nat(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_nat *nat = key_owns(key, from);

	for (unsigned i = 0; i < nat->count; i++) {
		fputs(i ? ", " : "{ ", out->file);
		key_put_prefix(out->file, &nat->pairs[i].from);
		fputs(": ", out->file);
		key_put_prefix(out->file, &nat->pairs[i].to);
	}
	fputs(" }", out->file);
}

static void
clear_nat(const struct key *key, void *from)
{
	struct config_nat *nat = key_owns(key, from);

	if (nat)
		free(nat->pairs);
	free(nat);
}

const struct key_type key_nat = {read_nat, write_nat, NULL, clear_nat};
