/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define BYTES_MAX 65535

#define AT(member) KEY_AT(struct config_mask, member)
#define EXAMPLE "{ mask: { after: transport, from: 0, bytes: 16 } }"

static const char payload[] = "payload";
static const struct config_mask of_payload = {.after = CONFIG_AFTER_TRANSPORT};

static bool
has_after(const struct key *key, const void *from)
{
	const struct config_mask *mask = from;

	return mask->after != CONFIG_AFTER_NOTHING;
}

static const struct key_type after = {key_read_word, key_write_word, has_after, NULL};
static const struct key keys[] = {
	{"after", &after, AT(after), .words = key_after},
	{"from", &key_count, AT(from), .high = BYTES_MAX},
	{"bytes", &key_number, AT(bytes), .low = 1, .high = BYTES_MAX},
	{"with", &key_count, AT(with), .high = UINT8_MAX},
};
static const struct key_map map = {NULL, NULL, KEYS(keys)};

static void
read_mask(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "payload, or which bytes, as in " EXAMPLE;
	struct config_mask *mask = key_own(reader, key, into, sizeof(*mask));
	const char *text;

	if (!mask)
		return;
	if (spot->node->kind == NODE_MAP && spot->node->count > 0)
		key_read(reader, spot, &map, mask);
	else if (spot->node->kind == NODE_MAP)
		reader_error(reader, spot, "mask: which bytes is missing; write %s", what);
	else if (!reader_text(reader, spot, what, &text))
		return;
	else if (strcmp(text, payload) == 0)
		*mask = of_payload;
	else
		reader_expected(reader, spot, what);
}

static void
write_mask(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_mask *mask = key_owns(key, from);

	if (mask->after == of_payload.after && !mask->from && !mask->bytes && !mask->with)
		fputs(payload, out->file);
	else
		key_write_flow(out, &map, mask);
}

const struct key_type key_mask = {read_mask, write_mask, NULL, key_clear_owned};
