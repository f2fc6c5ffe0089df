/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"

#include "core/banned.h"

#define ONE_IN_MAX 1000000000

#define AT(member) KEY_AT(struct config_sample, member)
#define EXAMPLE "{ sample: { one-in: 1000, by: flow } }"

static const struct key_word by[] = {{"packet", false}, {"flow", true}, {NULL, 0}};
static const struct key one_in = {"sample", &key_count, AT(one_in), .low = 1, .high = ONE_IN_MAX};
static const struct key keys[] = {
	{"one-in", &key_count, AT(one_in), .low = 1, .high = ONE_IN_MAX,
	 .required = "sample: one-in is missing; write " EXAMPLE},
	{"by", &key_word, AT(by_flow), .words = by},
};
static const struct key_map map = {NULL, NULL, KEYS(keys)};

static void
read_sample(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_sample *sample = key_own(reader, key, into, sizeof(*sample));

	if (!sample)
		return;
	if (spot->node->kind == NODE_MAP)
		key_read(reader, spot, &map, sample);
	else if (spot->node->kind == NODE_LIST || node_is_null(spot->node))
		reader_expected(reader, spot,
				"of how many packets one passes, as in { sample: 1000 "
				"}, or of flows, as in " EXAMPLE);
	else
		one_in.type->read(reader, spot, &one_in, sample);
}

static void
write_sample(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_sample *sample = key_owns(key, from);

	if (sample->by_flow)
		key_write_flow(out, &map, sample);
	else
		one_in.type->write(out, &one_in, sample);
}

const struct key_type key_sample = {read_sample, write_sample, NULL, key_clear_owned};
