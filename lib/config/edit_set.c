/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define VLAN_MAX 4095
#define PCP_MAX 7
#define DSCP_MAX 63
#define TTL_MAX 255

#define EXAMPLE "{ set: { vlan: 100 } }"
#define FIELD(bit, member)                                                                        \
	KEY_AT(struct config_set_edit, member), .given = offsetof(struct config_set_edit, given), \
						.flag = (bit)

static void
read_dscp(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "a number from 0 to 63, or a name such as ef, af41 or cs3";
	struct config_set_edit *set = into;
	const char *text, *nearest;
	uint32_t number;
	uint64_t value;

	if (!reader_text(reader, spot, what, &text))
		return;
	nearest = words_nearest(&dscp_words, text);
	if (words_number(&dscp_words, text, &number))
		set->dscp = number;
	else if (text_number(text, DSCP_MAX, &value) == 0)
		set->dscp = value;
	else if (nearest)
		reader_error(reader, spot, "%s: unknown name %s; did you mean \"%s\"?",
			     spot_key(spot), text_quote(text).text, nearest);
	else
		reader_expected(reader, spot, what);
}

static void
write_dscp(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_set_edit *set = from;
	const char *name = words_name(&dscp_words, set->dscp);

	if (name)
		fputs(name, out->file);
	else
		fprintf(out->file, "%u", set->dscp);
}

static void
read_ttl(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "a number from 1 to 255, or how many more or less, such as -1";
	struct config_set_edit *set = into;
	const char *text;
	uint64_t value;

	if (!reader_text(reader, spot, what, &text))
		return;
	set->ttl_relative = text[0] == '-' || text[0] == '+';
	if (text_number(text + set->ttl_relative, TTL_MAX, &value) < 0 || value == 0) {
		reader_expected(reader, spot, what);
		return;
	}
	set->ttl = text[0] == '-' ? -(int)value : (int)value;
}

/* With a plus in quotes, since other readers take that for the number itself. */
static void
write_ttl(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_set_edit *set = from;

	fprintf(out->file, set->ttl_relative && set->ttl > 0 ? "\"+%d\"" : "%d", set->ttl);
}

static const struct key_type dscp = {read_dscp, write_dscp, NULL, NULL};
static const struct key_type ttl = {read_ttl, write_ttl, NULL, NULL};

#define LEAST .low = 1, .advice = "a prefix of 0 bits replaces nothing; give a longer one"

/* In the order in which they are read and written. */
static const struct key keys[] = {
	{"src-mac", &key_mac, FIELD(CONFIG_SET_SRC_MAC, src_mac)},
	{"dst-mac", &key_mac, FIELD(CONFIG_SET_DST_MAC, dst_mac)},
	{"vlan", &key_count, FIELD(CONFIG_SET_VLAN, vlan), .high = VLAN_MAX,
	 .what = "a VLAN identifier"},
	{"pcp", &key_count, FIELD(CONFIG_SET_PCP, pcp), .high = PCP_MAX},
	{"src", &key_prefix, FIELD(CONFIG_SET_SRC, src), LEAST},
	{"dst", &key_prefix, FIELD(CONFIG_SET_DST, dst), LEAST},
	{"src-port", &key_count, FIELD(CONFIG_SET_SRC_PORT, src_port), .high = UINT16_MAX},
	{"dst-port", &key_count, FIELD(CONFIG_SET_DST_PORT, dst_port), .high = UINT16_MAX},
	{"dscp", &dscp, FIELD(CONFIG_SET_DSCP, dscp)},
	{"ttl", &ttl, FIELD(CONFIG_SET_TTL, ttl)},
};
static const struct key_map map = {"a mapping such as { vlan: 100, ttl: -1 }", NULL, KEYS(keys),
				   .size = sizeof(struct config_set_edit)};

_Static_assert(sizeof(keys) / sizeof(keys[0]) == CONFIG_SET_FIELDS, "each field has its row");

const char *
key_set_field(enum config_set_field field)
{
	for (unsigned i = 0; i < map.count; i++) {
		if (keys[i].flag == field)
			return keys[i].name;
	}
	return "set";
}

static void
read_set(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_set_edit *set = key_own(reader, key, into, map.size);

	if (!set || !key_read(reader, spot, &map, set))
		return;
	if (spot->node->count == 0)
		reader_error(reader, spot, "set: no field is given; write which, as in " EXAMPLE);
}

static void
write_set(const struct key_out *out, const struct key *key, const void *from)
{
	key_write_flow(out, &map, key_owns(key, from));
}

const struct key_type key_set_edit = {read_set, write_set, NULL, key_clear_owned};
