/* SPDX-License-Identifier: BSD-3-Clause */
/* For which kinds of ports that come later the sandbox leaves what they need. */
#include <string.h>

#include "config/config.h"
#include "config/key.h"

#include "core/banned.h"

static const char what[] = "a list of af-xdp and vdev";

static void
read_kind(struct reader *reader, const struct spot *spot, const struct key *key, unsigned *keep)
{
	const char *text;

	if (!reader_text(reader, spot, what, &text))
		return;
	for (const struct key_word *word = key->words; word->name; word++) {
		if (strcmp(word->name, text) == 0) {
			*keep |= word->value;
			return;
		}
	}
	if (strcmp(text, config_port_kind(CONFIG_PORT_PCI)) == 0)
		reader_error(reader, spot,
			     "keep: what pci needs is kept by a port of that kind alone, which "
			     "must be there from the start");
	else
		reader_expected(reader, spot, what);
}

static void
read_keep(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct spot item = {0};

	if (!reader_list(reader, spot, what))
		return;
	while (spot_next_item(spot, &item))
		read_kind(reader, &item, key, key_at(key, into));
}

static void
write_keep(const struct key_out *out, const struct key *key, const void *from)
{
	const unsigned *keep = key_at(key, (void *)from);
	const char *before = "[";

	for (const struct key_word *word = key->words; word->name; word++) {
		if (!(*keep & word->value))
			continue;
		fprintf(out->file, "%s%s", before, word->name);
		before = ", ";
	}
	fputc(']', out->file);
}

const struct key_type key_keep = {read_keep, write_keep, key_has_number, NULL};
const struct key_word key_keep_kinds[] = {
	{"af-xdp", CONFIG_KEEP_AF_XDP},
	{"vdev", CONFIG_KEEP_VDEV},
	{NULL, 0},
};
