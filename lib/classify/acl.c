/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/acl.h"

#include <errno.h>
#include <rte_log.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/layout.h"

#include "core/banned.h"

/* Rules handed to rte_acl at once. */
#define BATCH 256

/* What there is to build of a kind. */
struct work {
	enum packet_kind kind;
	uint64_t all_ports;
	int numa;
	struct work_item {
		const struct acl_entry *entry;
		uint64_t rules;  /* of rte_acl, that it becomes */
		uint32_t groups; /* see classify_layout_groups */
	} * items;
	size_t count;
};

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
put_prefix(const struct classify_layout *layout, struct rte_acl_field *fields,
	   enum layout_group first, const struct config_prefixes *prefixes, unsigned at)
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

		if (!classify_layout_has(layout, first + word))
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
put_entry(const struct classify_layout *layout, const struct acl_entry *entry, uint64_t all_ports,
	  const unsigned at[WHEELS], struct rte_acl_field *fields)
{
	const struct config_match *match = entry->match;

	/* What a table has to look at but no rule names is a range of everything. */
	for (unsigned i = 0; i < layout->acl.num_fields; i++)
		put_range(&fields[i], layout->acl.defs[i].size, NULL, 0);
	put_range(&fields[layout->protocol], 1, &match->protocol, at[WHEEL_PROTOCOL]);
	put_prefix(layout, fields, LAYOUT_SRC, &match->src, at[WHEEL_SRC]);
	put_prefix(layout, fields, LAYOUT_DST, &match->dst, at[WHEEL_DST]);
	if (classify_layout_has(layout, LAYOUT_PORTS)) {
		put_range(&fields[layout->field[LAYOUT_PORTS]], 2, &match->src_port,
			  at[WHEEL_SRC_PORT]);
		put_range(&fields[layout->field[LAYOUT_PORTS] + 1], 2, &match->dst_port,
			  at[WHEEL_DST_PORT]);
	}
	if (classify_layout_has(layout, LAYOUT_TAG)) {
		put_range(&fields[layout->field[LAYOUT_TAG]], 2, &match->vlan, at[WHEEL_VLAN]);
		put_from(&fields[layout->field[LAYOUT_TAG] + 1], entry->from, all_ports,
			 at[WHEEL_FROM]);
	}
	if (layout->kind == PACKET_OTHER && classify_layout_has(layout, LAYOUT_TYPE))
		put_range(&fields[layout->field[LAYOUT_TYPE]], 2, &match->ether_type,
			  at[WHEEL_TYPE]);
}

static void
wheel_sizes(const struct classify_layout *layout, const struct acl_entry *entry, uint64_t all_ports,
	    unsigned sizes[WHEELS])
{
	const struct config_match *match = entry->match;

	sizes[WHEEL_PROTOCOL] = match->protocol.count;
	sizes[WHEEL_SRC] = match_prefixes(&match->src, layout->family);
	sizes[WHEEL_DST] = match_prefixes(&match->dst, layout->family);
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
add_entry(const struct classify_layout *layout, struct batch *batch, const struct acl_entry *entry,
	  uint64_t all_ports)
{
	unsigned at[WHEELS] = {0}, sizes[WHEELS], wheel;
	int ret;

	wheel_sizes(layout, entry, all_ports, sizes);
	do {
		struct rte_acl_rule *rule =
			(void *)(batch->rules + batch->count * batch->rule_size);

		rule->data.category_mask = 1u << entry->category;
		rule->data.priority = RTE_ACL_MAX_PRIORITY - entry->value;
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

/* The best that this machine and this DPDK have. Bursts are of 32 at most: 16 at once was as fast
 * as 32 here, or by up to 6 in 100 faster. */
static void
choose_algorithm(struct rte_acl_ctx *acl)
{
	static const enum rte_acl_classify_alg best_first[] = {
		RTE_ACL_CLASSIFY_AVX512X16, RTE_ACL_CLASSIFY_AVX512X32, RTE_ACL_CLASSIFY_AVX2,
		RTE_ACL_CLASSIFY_SSE,       RTE_ACL_CLASSIFY_NEON,
	};

	for (unsigned i = 0; i < sizeof(best_first) / sizeof(best_first[0]); i++) {
		if (rte_acl_set_ctx_classify(acl, best_first[i]) == 0)
			return;
	}
}

static struct rte_acl_ctx *
create(const struct classify_layout *layout, uint64_t rules, int numa)
{
	static atomic_uint serial; /* rte_acl knows its contexts by name */
	char name[RTE_ACL_NAMESIZE];
	struct rte_acl_param param = {
		.name = name,
		.socket_id = numa,
		.rule_size = RTE_ACL_RULE_SZ(layout->acl.num_fields),
		.max_rule_num = rules,
	};

	if (rules > UINT32_MAX)
		return NULL;
	snprintf(name, sizeof(name), "classify-%u", atomic_fetch_add(&serial, 1));
	return rte_acl_create(&param);
}

static int
build(const struct classify_layout *layout, const struct work *work, size_t first, size_t count,
      struct rte_acl_ctx *acl)
{
	struct batch batch = {
		.acl = acl,
		.rule_size = RTE_ACL_RULE_SZ(layout->acl.num_fields),
	};
	int ret = 0;

	batch.rules = calloc(BATCH, batch.rule_size);
	if (!batch.rules)
		return -ENOMEM;
	for (size_t i = first; i < first + count && ret == 0; i++)
		ret = add_entry(layout, &batch, work->items[i].entry, work->all_ports);
	if (ret == 0)
		ret = batch_flush(&batch);
	free(batch.rules);
	if (ret == 0)
		ret = rte_acl_build(acl, &layout->acl);
	return ret;
}

/* Builds one part of some entries, or as many as it takes: rte_acl gives up when they overlap so
 * much that eight tries do not hold them. */
static int
make_parts(struct acl *table, const struct work *work, size_t first, size_t count)
{
	struct classify_layout layout;
	struct rte_acl_ctx *acl;
	uint64_t rules = 0;
	int ret;

	if (table->part_count == ACL_PARTS_MAX)
		return -E2BIG;
	classify_layout_start(&layout, work->kind);
	for (size_t i = first; i < first + count; i++) {
		layout.used |= work->items[i].groups;
		rules += work->items[i].rules;
	}
	classify_layout_finish(&layout, table->categories);
	acl = create(&layout, rules, work->numa);
	if (!acl)
		return -ENOMEM;
	choose_algorithm(acl);
	ret = build(&layout, work, first, count, acl);
	if (ret == 0) {
		table->parts[table->part_count++] = acl;
		return 0;
	}
	rte_acl_free(acl);
	if (ret != -ENOMEM || count < 2)
		return ret;
	ret = make_parts(table, work, first, count / 2);
	if (ret < 0)
		return ret;
	return make_parts(table, work, first + count / 2, count - count / 2);
}

/* Entries that name the same fields side by side: they overlap less. */
static int
by_groups(const void *a, const void *b)
{
	const struct work_item *left = a, *right = b;

	if (left->groups != right->groups)
		return left->groups < right->groups ? -1 : 1;
	return left->entry < right->entry ? -1 : left->entry > right->entry;
}

int
acl_make(enum packet_kind kind, const struct acl_entry *entries, size_t count, uint32_t categories,
	 uint64_t all_ports, int numa, struct acl **out)
{
	struct work work = {.kind = kind, .all_ports = all_ports, .numa = numa};
	struct acl *table = calloc(1, sizeof(*table));
	struct classify_layout layout;
	int ret = -ENOMEM;

	*out = NULL;
	work.items = calloc(count + 1, sizeof(*work.items));
	if (!table || !work.items)
		goto out;
	classify_layout_start(&layout, kind);
	for (size_t i = 0; i < count; i++) {
		uint64_t rules = match_entries(entries[i].match, entries[i].from, all_ports, kind);

		if (rules == 0)
			continue;
		work.items[work.count++] = (struct work_item){
			.entry = &entries[i],
			.rules = rules,
			.groups = classify_layout_groups(&layout, &entries[i], all_ports),
		};
	}
	ret = 0;
	if (work.count == 0)
		goto out;
	/* That a part gives up is nothing to tell a user of; other errors come back as numbers. */
	rte_log_set_level_pattern("lib.acl", RTE_LOG_CRIT);
	qsort(work.items, work.count, sizeof(*work.items), by_groups);
	table->categories = categories;
	ret = make_parts(table, &work, 0, work.count);
	if (ret == 0) {
		*out = table;
		table = NULL;
	}
out:
	free(work.items);
	acl_free(table);
	return ret;
}

void
acl_find_in_parts(const struct acl *table, const struct packet_view **views, unsigned count,
		  uint32_t *answers)
{
	uint32_t more[BURST_MAX * ACL_CATEGORIES_MAX];

	for (unsigned part = 1; part < table->part_count; part++) {
		rte_acl_classify(table->parts[part], (const uint8_t **)views, more, count,
				 table->categories);
		/* No answer is 0, and becomes the largest number. */
		for (unsigned i = 0; i < count * table->categories; i++)
			answers[i] = more[i] - 1 < answers[i] - 1 ? more[i] : answers[i];
	}
}

void
acl_free(struct acl *table)
{
	if (!table)
		return;
	for (unsigned i = 0; i < table->part_count; i++)
		rte_acl_free(table->parts[i]);
	free(table);
}
