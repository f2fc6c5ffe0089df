/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/table.h"

#include <errno.h>
#include <rte_errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

/* Above this many bytes rte_acl tries again with smaller and more tries, which take less memory and
 * longer look-ups. */
#define TABLE_BYTES_MAX ((size_t)512 << 20)

/* Rules handed to rte_acl at once. */
#define BATCH 256

/* What a table can look at. Fields of one group lie in the same aligned four bytes of the view, which
 * is what rte_acl reads in one step; only groups that some rule names become part of the table. */
enum group {
	GROUP_FIRST, /* rte_acl wants one field of one byte before all others */
	GROUP_SRC,   /* words of the address: 1 of IPv4, 4 of IPv6 */
	GROUP_DST = GROUP_SRC + 4,
	GROUP_PORTS = GROUP_DST + 4,
	GROUP_TAG, /* vlan and in_port */
	GROUP_TYPE,
	GROUPS
};

#define FIELDS_MAX (GROUPS + 3)

struct layout {
	enum packet_kind kind;
	unsigned family; /* 4, 6, or 0 */
	unsigned words;  /* of an address */
	uint32_t used;   /* bit a group */
	struct rte_acl_config acl;
	uint8_t field[GROUPS]; /* the index of a group's first field */
};

static uint32_t
used_words(const struct config_prefixes *prefixes, unsigned family, enum group first)
{
	uint32_t used = 0;

	for (unsigned i = 0; i < prefixes->count; i++) {
		if (prefixes->items[i].family != family)
			continue;
		for (unsigned word = 0; word * 32 < prefixes->items[i].length; word++)
			used |= 1u << (first + word);
	}
	return used;
}

static void
layout_use(struct layout *layout, const struct table_entry *entry, uint64_t all_ports)
{
	const struct config_match *match = entry->match;

	layout->used |= used_words(&match->src, layout->family, GROUP_SRC);
	layout->used |= used_words(&match->dst, layout->family, GROUP_DST);
	if (match->src_port.count || match->dst_port.count)
		layout->used |= 1u << GROUP_PORTS;
	if (match->vlan.count || entry->from != all_ports)
		layout->used |= 1u << GROUP_TAG;
	if (match->ether_type.count && layout->kind == PACKET_OTHER)
		layout->used |= 1u << GROUP_TYPE;
}

static void
add_field(struct layout *layout, uint8_t type, uint8_t size, uint8_t input, uint32_t offset)
{
	struct rte_acl_config *acl = &layout->acl;

	acl->defs[acl->num_fields] = (struct rte_acl_field_def){
		.type = type,
		.size = size,
		.field_index = acl->num_fields,
		.input_index = input,
		.offset = offset,
	};
	acl->num_fields++;
}

static void
layout_finish(struct layout *layout, uint32_t categories)
{
	unsigned address = layout->family == 6 ? offsetof(struct packet_view, src6)
					       : offsetof(struct packet_view, src4);
	unsigned input = 1;

	layout->acl.num_categories = categories;
	layout->acl.max_size = TABLE_BYTES_MAX;
	add_field(layout, RTE_ACL_FIELD_TYPE_RANGE, 1, 0, offsetof(struct packet_view, protocol));
	for (unsigned group = GROUP_SRC; group < GROUPS; group++) {
		if (!(layout->used & 1u << group))
			continue;
		layout->field[group] = layout->acl.num_fields;
		if (group < GROUP_PORTS) {
			unsigned word = group < GROUP_DST ? group - GROUP_SRC
							  : layout->words + group - GROUP_DST;

			add_field(layout, RTE_ACL_FIELD_TYPE_MASK, 4, input, address + word * 4);
		} else {
			static const uint8_t offsets[] = {offsetof(struct packet_view, src_port),
							  offsetof(struct packet_view, vlan),
							  offsetof(struct packet_view, ether_type)};
			unsigned offset = offsets[group - GROUP_PORTS];

			add_field(layout, RTE_ACL_FIELD_TYPE_RANGE, 2, input, offset);
			add_field(layout, RTE_ACL_FIELD_TYPE_RANGE, 2, input, offset + 2);
		}
		input++;
	}
}

/* An odometer over the entries' sets: one wheel a field, and its position. */
enum wheel {
	WHEEL_PROTOCOL,
	WHEEL_SRC,
	WHEEL_DST,
	WHEEL_SRC_PORT,
	WHEEL_DST_PORT,
	WHEEL_VLAN,
	WHEEL_FROM,
	WHEEL_TYPE,
	WHEELS
};

static void
put_range(struct rte_acl_field *field, unsigned size, const struct config_set *set, unsigned at)
{
	uint32_t low = 0, high = size == 1 ? UINT8_MAX : UINT16_MAX;

	if (set && set->count) {
		low = set->ranges[at].low;
		high = set->ranges[at].high;
	}
	if (size == 1) {
		field->value.u8 = low;
		field->mask_range.u8 = high;
	} else {
		field->value.u16 = low;
		field->mask_range.u16 = high;
	}
}

/* The at-th prefix of the table's family, word by word. */
static void
put_prefix(const struct layout *layout, struct rte_acl_field *fields, enum group first,
	   const struct config_prefixes *prefixes, unsigned at)
{
	const struct config_prefix *prefix = NULL;

	for (unsigned i = 0; i < prefixes->count; i++) {
		if (prefixes->items[i].family == layout->family && at-- == 0) {
			prefix = &prefixes->items[i];
			break;
		}
	}
	for (unsigned word = 0; word < layout->words; word++) {
		struct rte_acl_field *field = &fields[layout->field[first + word]];
		const uint8_t *bytes = prefix ? prefix->address + word * 4 : NULL;
		unsigned bits = 0;

		if (!(layout->used & 1u << (first + word)))
			continue;
		if (prefix && prefix->length > word * 32)
			bits = prefix->length - word * 32 < 32 ? prefix->length - word * 32 : 32;
		field->value.u32 =
			bytes ? (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3]
			      : 0;
		field->mask_range.u32 = bits;
	}
}

/* The at-th run of consecutive ports, lowest first. */
static void
put_from(struct rte_acl_field *field, uint64_t from, uint64_t all_ports, unsigned at)
{
	unsigned low = 0, high = UINT16_MAX;

	if (from != all_ports) {
		for (;; at--) {
			uint64_t rest;

			low = __builtin_ctzll(from);
			rest = ~(from >> low);
			high = rest ? low + __builtin_ctzll(rest) - 1 : 63;
			if (at == 0)
				break;
			from &= high == 63 ? 0 : ~UINT64_C(0) << (high + 1);
		}
	}
	field->value.u16 = low;
	field->mask_range.u16 = high;
}

static void
put_entry(const struct layout *layout, const struct table_entry *entry, uint64_t all_ports,
	  const unsigned at[WHEELS], struct rte_acl_field *fields)
{
	const struct config_match *match = entry->match;

	put_range(&fields[0], 1, &match->protocol, at[WHEEL_PROTOCOL]);
	put_prefix(layout, fields, GROUP_SRC, &match->src, at[WHEEL_SRC]);
	put_prefix(layout, fields, GROUP_DST, &match->dst, at[WHEEL_DST]);
	if (layout->used & 1u << GROUP_PORTS) {
		put_range(&fields[layout->field[GROUP_PORTS]], 2, &match->src_port,
			  at[WHEEL_SRC_PORT]);
		put_range(&fields[layout->field[GROUP_PORTS] + 1], 2, &match->dst_port,
			  at[WHEEL_DST_PORT]);
	}
	if (layout->used & 1u << GROUP_TAG) {
		put_range(&fields[layout->field[GROUP_TAG]], 2, &match->vlan, at[WHEEL_VLAN]);
		put_from(&fields[layout->field[GROUP_TAG] + 1], entry->from, all_ports,
			 at[WHEEL_FROM]);
	}
	if (layout->used & 1u << GROUP_TYPE) {
		put_range(&fields[layout->field[GROUP_TYPE]], 2, &match->ether_type,
			  at[WHEEL_TYPE]);
		put_range(&fields[layout->field[GROUP_TYPE] + 1], 2, NULL, 0);
	}
}

static unsigned
family_count(const struct config_prefixes *prefixes, unsigned family)
{
	unsigned count = 0;

	for (unsigned i = 0; i < prefixes->count; i++)
		count += prefixes->items[i].family == family;
	return count;
}

static void
wheel_sizes(const struct layout *layout, const struct table_entry *entry, uint64_t all_ports,
	    unsigned sizes[WHEELS])
{
	const struct config_match *match = entry->match;

	sizes[WHEEL_PROTOCOL] = match->protocol.count;
	sizes[WHEEL_SRC] = family_count(&match->src, layout->family);
	sizes[WHEEL_DST] = family_count(&match->dst, layout->family);
	sizes[WHEEL_SRC_PORT] = match->src_port.count;
	sizes[WHEEL_DST_PORT] = match->dst_port.count;
	sizes[WHEEL_VLAN] = match->vlan.count;
	sizes[WHEEL_FROM] = entry->from != all_ports ? match_port_runs(entry->from) : 0;
	sizes[WHEEL_TYPE] = layout->kind == PACKET_OTHER ? match->ether_type.count : 0;
	for (unsigned i = 0; i < WHEELS; i++)
		sizes[i] += sizes[i] == 0;
}

/* One entry of the table; a batch of them goes to rte_acl at once. */
struct batch {
	struct rte_acl_ctx *acl;
	uint8_t *rules;
	size_t rule_size;
	unsigned count;
};

static int
batch_flush(struct batch *batch)
{
	int ret = 0;

	if (batch->count)
		ret = rte_acl_add_rules(batch->acl, (const struct rte_acl_rule *)batch->rules,
					batch->count);
	batch->count = 0;
	return ret;
}

static int
add_entry(const struct layout *layout, struct batch *batch, const struct table_entry *entry,
	  uint64_t all_ports, uint32_t order)
{
	unsigned at[WHEELS] = {0}, sizes[WHEELS], wheel;
	int ret;

	wheel_sizes(layout, entry, all_ports, sizes);
	do {
		struct rte_acl_rule *rule =
			(void *)(batch->rules + batch->count * batch->rule_size);

		rule->data.category_mask = 1u << entry->category;
		rule->data.priority = RTE_ACL_MAX_PRIORITY - order;
		rule->data.userdata = entry->value;
		put_entry(layout, entry, all_ports, at, rule->field);
		if (++batch->count == BATCH) {
			ret = batch_flush(batch);
			if (ret < 0)
				return ret;
		}
		for (wheel = 0; wheel < WHEELS && ++at[wheel] == sizes[wheel]; wheel++)
			at[wheel] = 0;
	} while (wheel < WHEELS);
	return 0;
}

/* The best that this machine and this DPDK have; rte_acl's own choice leaves AVX-512 out unless asked. */
static void
choose_algorithm(struct rte_acl_ctx *acl)
{
	static const enum rte_acl_classify_alg best_first[] = {
		RTE_ACL_CLASSIFY_AVX512X32, RTE_ACL_CLASSIFY_AVX512X16, RTE_ACL_CLASSIFY_AVX2,
		RTE_ACL_CLASSIFY_SSE,       RTE_ACL_CLASSIFY_NEON,
	};

	for (unsigned i = 0; i < sizeof(best_first) / sizeof(best_first[0]); i++) {
		if (rte_acl_set_ctx_classify(acl, best_first[i]) == 0)
			return;
	}
}

static int
build(const struct layout *layout, const struct table_entry *entries, size_t count,
      uint64_t all_ports, struct table *table)
{
	struct batch batch = {
		.acl = table->acl,
		.rule_size = RTE_ACL_RULE_SZ(layout->acl.num_fields),
	};
	int ret = 0;

	batch.rules = calloc(BATCH, batch.rule_size);
	if (!batch.rules)
		return -ENOMEM;
	for (size_t i = 0; i < count && ret == 0; i++) {
		if (match_entries(entries[i].match, entries[i].from, all_ports, layout->kind))
			ret = add_entry(layout, &batch, &entries[i], all_ports, i);
	}
	if (ret == 0)
		ret = batch_flush(&batch);
	free(batch.rules);
	if (ret == 0)
		ret = rte_acl_build(table->acl, &layout->acl);
	return ret;
}

int
table_make(enum packet_kind kind, const struct table_entry *entries, size_t count,
	   uint32_t categories, uint64_t all_ports, int numa, struct table **out)
{
	static atomic_uint serial; /* rte_acl knows its contexts by name */
	struct layout layout = {.kind = kind};
	char name[RTE_ACL_NAMESIZE];
	struct rte_acl_param param = {.name = name, .socket_id = numa};
	struct table *table;
	uint64_t total = 0;
	int ret;

	*out = NULL;
	if (KIND_BIT(kind) & KINDS_IPV4) {
		layout.family = 4;
		layout.words = 1;
	} else if (KIND_BIT(kind) & KINDS_IPV6) {
		layout.family = 6;
		layout.words = 4;
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t more = match_entries(entries[i].match, entries[i].from, all_ports, kind);

		if (more == 0)
			continue;
		total += more;
		layout_use(&layout, &entries[i], all_ports);
	}
	if (total == 0)
		return 0;
	if (total > UINT32_MAX)
		return -E2BIG;
	layout_finish(&layout, categories);

	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->categories = categories;
	snprintf(name, sizeof(name), "classify-%u", atomic_fetch_add(&serial, 1));
	param.rule_size = RTE_ACL_RULE_SZ(layout.acl.num_fields);
	param.max_rule_num = total;
	table->acl = rte_acl_create(&param);
	if (!table->acl) {
		free(table);
		return -rte_errno;
	}
	choose_algorithm(table->acl);
	ret = build(&layout, entries, count, all_ports, table);
	if (ret < 0) {
		table_free(table);
		return ret;
	}
	*out = table;
	return 0;
}

void
table_free(struct table *table)
{
	if (!table)
		return;
	rte_acl_free(table->acl);
	free(table);
}
