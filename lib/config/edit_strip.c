/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"

#include "core/banned.h"

/* In the order of their numbers. */
static const struct key_word words[] = {
	{"vlan", CONFIG_STRIP_VLAN},
	{"vlans", CONFIG_STRIP_VLANS},
	{"mpls", CONFIG_STRIP_MPLS},
	{"vxlan", CONFIG_STRIP_VXLAN},
	{"geneve", CONFIG_STRIP_GENEVE},
	{"gre", CONFIG_STRIP_GRE},
	{"erspan", CONFIG_STRIP_ERSPAN},
	{"gtp-u", CONFIG_STRIP_GTP_U},
	{"ipip", CONFIG_STRIP_IPIP},
	{"pppoe", CONFIG_STRIP_PPPOE},
	{"vntag", CONFIG_STRIP_VNTAG},
	{"etag", CONFIG_STRIP_ETAG},
	{"fabricpath", CONFIG_STRIP_FABRICPATH},
	{"tunnel", CONFIG_STRIP_TUNNEL},
	{NULL, 0},
};

const char *
key_strip_word(enum config_strip_word strip)
{
	return words[strip].name;
}

/* One of them, wherever it goes. */
static const struct key word = {"strip", &key_word, .size = sizeof(uint8_t), .words = words};

static void
read_strip(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_strip *strip = key_own(reader, key, into, sizeof(*strip));
	unsigned count = spot->node->kind == NODE_LIST ? spot->node->count : 1;
	struct spot item = {0};

	if (!strip)
		return;
	if (count == 0 || count > CONFIG_STRIP_MAX) {
		reader_error(reader, spot,
			     "strip: %s; name 1 to %u headers, as in [ vlans, vxlan ]",
			     count ? "too many" : "an empty list", CONFIG_STRIP_MAX);
		return;
	}
	strip->count = count;
	if (spot->node->kind != NODE_LIST)
		key_word.read(reader, spot, &word, strip->what);
	for (unsigned i = 0; spot->node->kind == NODE_LIST && spot_next_item(spot, &item); i++)
		key_word.read(reader, &item, &word, &strip->what[i]);
}

static void
write_strip(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_strip *strip = key_owns(key, from);

	fputs(strip->count > 1 ? "[" : "", out->file);
	for (unsigned i = 0; i < strip->count; i++) {
		fputs(i ? ", " : "", out->file);
		key_word.write(out, &word, &strip->what[i]);
	}
	fputs(strip->count > 1 ? "]" : "", out->file);
}

const struct key_type key_strip = {read_strip, write_strip, NULL, key_clear_owned};
