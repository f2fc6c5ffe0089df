/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define VLAN_MAX 4095
#define PCP_MAX 7
#define LABEL_MAX 0xfffff
#define TC_MAX 7
#define TTL_MAX 255
#define VNI_MAX 0xffffff
#define SESSION_MAX 1023

#define AT(member) KEY_AT(struct config_push, member)
#define GIVEN(member) .given = offsetof(struct config_push, member)

/* Those that are looked through when a packet is parsed (IEEE 802.1Q and 802.1ad, and what came
 * before that). */
static void
read_type(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "0x8100, 0x88a8 or 0x9100";
	struct config_push *push = into;
	const char *text;
	uint32_t name;
	uint64_t type;

	if (!reader_text(reader, spot, what, &text))
		return;
	if (text_number(text, UINT16_MAX, &type) < 0)
		type = words_number(&ether_type_words, text, &name) ? name : 0;
	if (type == 0x8100 || type == 0x88a8 || type == 0x9100)
		push->type = type;
	else
		reader_expected(reader, spot, what);
}

static void
write_type(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_push *push = from;

	fprintf(out->file, "0x%04x", push->type);
}

static const struct key_type ether_type = {read_type, write_type, NULL, NULL};

#define VXLAN "vxlan: { vni: 5000, src: ADDRESS, dst: ADDRESS }"
#define GENEVE "geneve: { vni: 5000, src: ADDRESS, dst: ADDRESS }"
#define GRE "gre: { src: ADDRESS, dst: ADDRESS }"
#define ERSPAN "erspan: { version: 2, session: 7, src: ADDRESS, dst: ADDRESS }"

#define NEEDS(kind, what, example) .required = "push: " kind " needs " what "; write " example

#define VNI(kind, example)                                                                   \
	{                                                                                    \
		"vni", &key_count, AT(id), .high = VNI_MAX,                                  \
					   NEEDS(kind, "vni, the network's number", example) \
	}
#define ENDS(kind, example)                                                              \
	{"src", &key_address, AT(src), NEEDS(kind, "src, this end's address", example)}, \
		{"dst", &key_address, AT(dst),                                           \
		 NEEDS(kind, "dst, the collector's address", example)},                  \
		{"src-mac", &key_mac, AT(src_mac), GIVEN(src_mac_given)},                \
	{                                                                                \
		"dst-mac", &key_mac, AT(dst_mac), GIVEN(dst_mac_given)                   \
	}

static const struct key vlan_keys[] = {
	{"vlan", &key_count, AT(vlan), .high = VLAN_MAX, .what = "a VLAN identifier"},
	{"pcp", &key_count, AT(pcp), .high = PCP_MAX},
	{"type", &ether_type, AT(type), .otherwise = "0x8100"},
};
static const struct key mpls_keys[] = {
	{"label", &key_count, AT(label), .high = LABEL_MAX,
	 NEEDS("mpls", "label", "mpls: { label: 16 }")},
	{"tc", &key_count, AT(tc), .high = TC_MAX},
	{"ttl", &key_count, AT(ttl), .low = 1, .high = TTL_MAX, .otherwise = "64"},
};
static const struct key vxlan_keys[] = {VNI("vxlan", VXLAN), ENDS("vxlan", VXLAN)};
static const struct key geneve_keys[] = {VNI("geneve", GENEVE), ENDS("geneve", GENEVE)};
static const struct key gre_keys[] = {
	{"key", &key_count, AT(id), GIVEN(id_given), .high = UINT32_MAX},
	ENDS("gre", GRE),
};
static const struct key erspan_keys[] = {
	{"version", &key_count, AT(version), .low = 2, .high = 3, .otherwise = "2"},
	{"session", &key_count, AT(id), .high = SESSION_MAX},
	ENDS("erspan", ERSPAN),
};

/* By kind. A tag's keys stand in the push itself, those of the others in a mapping under their
 * name. */
static const struct row {
	const char *name;
	struct key_map map;
} rows[] = {
	[CONFIG_PUSH_VLAN] = {"vlan", {NULL, NULL, KEYS(vlan_keys)}},
	[CONFIG_PUSH_MPLS] = {"mpls", {"a mapping such as { label: 16 }", NULL, KEYS(mpls_keys)}},
	[CONFIG_PUSH_VXLAN] = {"vxlan", {"a mapping, as in " VXLAN, NULL, KEYS(vxlan_keys)}},
	[CONFIG_PUSH_GENEVE] = {"geneve", {"a mapping, as in " GENEVE, NULL, KEYS(geneve_keys)}},
	[CONFIG_PUSH_GRE] = {"gre", {"a mapping, as in " GRE, NULL, KEYS(gre_keys)}},
	[CONFIG_PUSH_ERSPAN] = {"erspan", {"a mapping, as in " ERSPAN, NULL, KEYS(erspan_keys)}},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define TAG_KEYS (sizeof(vlan_keys) / sizeof(vlan_keys[0]))
#define FIELDS (TAG_KEYS + ROWS - 1)

const char *
key_push_kind(enum config_push_kind kind)
{
	return rows[kind].name;
}

static void
read_tag(struct reader *reader, const struct spot *spot, const struct field *fields,
	 struct config_push *push)
{
	push->kind = CONFIG_PUSH_VLAN;
	key_take(reader, spot, &rows[CONFIG_PUSH_VLAN].map, fields, push);
}

static void
read_header(struct reader *reader, const struct field *fields, const struct field *field,
	    struct config_push *push)
{
	const struct spot *spot = &field->spot;

	push->kind = field - &fields[TAG_KEYS] + 1;
	for (unsigned i = 1; i < TAG_KEYS; i++) {
		if (fields[i].given)
			reader_error(reader, &fields[i].spot,
				     "push: %s is a VLAN tag's; %s has its own keys in { }",
				     fields[i].name, field->name);
	}
	if (!key_read(reader, spot, &rows[push->kind].map, push))
		return;
	push->id_given |= push->kind != CONFIG_PUSH_MPLS && push->kind != CONFIG_PUSH_GRE;
	if (push->src.family && push->dst.family && push->src.family != push->dst.family)
		reader_error(reader, spot, "%s: src and dst are addresses of one IP version",
			     field->name);
}

static void
read_push(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_push *push = key_own(reader, key, into, sizeof(*push));
	struct field fields[FIELDS], *first = NULL;
	unsigned given = 0, before = reader->errors->count;

	for (unsigned i = 0; i < FIELDS; i++)
		fields[i] = (struct field){i < TAG_KEYS ? vlan_keys[i].name
							: rows[i - TAG_KEYS + 1].name};
	if (!push || !reader_fields(reader, spot, fields, FIELDS,
				    "what is pushed, as in { push: { vlan: 100 } }"))
		return;
	for (unsigned i = 0; i < FIELDS; i++) {
		if (!fields[i].given || (i > 0 && i < TAG_KEYS))
			continue;
		if (given++ == 0)
			first = &fields[i];
	}
	if (given > 1)
		reader_error(
			reader, spot,
			"push: each header is an item of its own, the innermost first; write [ "
			"{ push: { mpls: { label: 16 } } }, { push: { vlan: 100 } } ]");
	else if (first == fields)
		read_tag(reader, spot, fields, push);
	else if (first)
		read_header(reader, fields, first, push);
	else if (reader->errors->count == before)
		reader_error(reader, spot,
			     "push: what is pushed is missing; it is one of vlan, mpls, vxlan, "
			     "geneve, gre and erspan, as in { push: { vlan: 100 } }");
}

static void
write_push(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_push *push = key_owns(key, from);
	const struct row *row = &rows[push->kind];

	if (push->kind != CONFIG_PUSH_VLAN)
		fprintf(out->file, "{ %s: ", row->name);
	key_write_flow(out, &row->map, push);
	if (push->kind != CONFIG_PUSH_VLAN)
		fputs(" }", out->file);
}

const struct key_type key_push = {read_push, write_push, NULL, key_clear_owned};
