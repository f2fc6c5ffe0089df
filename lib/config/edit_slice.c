/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"

#include "core/banned.h"

#define BYTES_MAX 65535

#define AT(member) KEY_AT(struct config_slice, member)
#define EXAMPLE "{ slice: { after: network, bytes: 32 } }"

const struct key_word key_after[] = {
	{"link", CONFIG_AFTER_LINK},
	{"network", CONFIG_AFTER_NETWORK},
	{"transport", CONFIG_AFTER_TRANSPORT},
	{NULL, 0},
};

static const struct key frame = {"slice", &key_count, AT(bytes), .low = 1, .high = BYTES_MAX};
static const struct key keys[] = {
	{"after", &key_word, AT(after), .words = key_after,
	 .required = "slice: after is missing, link, network or transport; the first 128 bytes of "
		     "the frame are { slice: 128 }"},
	{"bytes", &key_count, AT(bytes), .high = BYTES_MAX,
	 .required =
		 "slice: bytes is missing, how many are kept behind that header; write " EXAMPLE},
};
static const struct key_map map = {NULL, NULL, KEYS(keys)};

static void
read_slice(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "how many bytes of the frame are kept, as in { slice: 128 }, or "
				   "of what is behind a header, as in " EXAMPLE;
	struct config_slice *slice = key_own(reader, key, into, sizeof(*slice));

	if (!slice)
		return;
	if (spot->node->kind == NODE_MAP)
		key_read(reader, spot, &map, slice);
	else if (spot->node->kind == NODE_LIST || node_is_null(spot->node))
		reader_expected(reader, spot, what);
	else
		frame.type->read(reader, spot, &frame, slice);
}

static void
write_slice(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_slice *slice = key_owns(key, from);

	if (slice->after == CONFIG_AFTER_NOTHING)
		frame.type->write(out, &frame, slice);
	else
		key_write_flow(out, &map, slice);
}

const struct key_type key_slice = {read_slice, write_slice, NULL, key_clear_owned};
