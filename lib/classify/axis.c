/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/axis.h"

#include <errno.h>
#include <rte_byteorder.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

/* Where a list of a rule begins, or ends just before. */
struct cut {
	struct axis_address at;
	uint32_t rule;
};

struct cuts {
	struct cut *items;
	size_t count;
};

unsigned
axis_kinds(enum axis_field field)
{
	static const unsigned kinds[AXIS_FIELDS] = {
		[AXIS_SRC4] = KINDS_IPV4,
		[AXIS_DST4] = KINDS_IPV4,
		[AXIS_SRC6] = KINDS_IPV6,
		[AXIS_DST6] = KINDS_IPV6,
		[AXIS_SRC_PORT] = KINDS_PORTS,
		[AXIS_DST_PORT] = KINDS_PORTS,
		[AXIS_VLAN] = KINDS_ALL,
		[AXIS_PROTOCOL] = KINDS_PROTOCOL,
		/* With an IP header it is one of two, and a rule is of those kinds or not. */
		[AXIS_TYPE] = KIND_BIT(PACKET_OTHER),
	};

	return kinds[field];
}

/* What a field's list is: one of these two. */
static const struct config_prefixes *
prefixes_of(enum axis_field field, const struct config_match *match)
{
	return field == AXIS_SRC4 || field == AXIS_SRC6   ? &match->src
	       : field == AXIS_DST4 || field == AXIS_DST6 ? &match->dst
							  : NULL;
}

static const struct config_set *
set_of(enum axis_field field, const struct config_match *match)
{
	switch (field) {
	case AXIS_SRC_PORT:
		return &match->src_port;
	case AXIS_DST_PORT:
		return &match->dst_port;
	case AXIS_VLAN:
		return &match->vlan;
	case AXIS_PROTOCOL:
		return &match->protocol;
	default:
		return &match->ether_type;
	}
}

static unsigned
list_length(enum axis_field field, const struct config_match *match)
{
	const struct config_prefixes *prefixes = prefixes_of(field, match);

	return prefixes ? prefixes->count : set_of(field, match)->count;
}

static void
add_cut(struct cuts *cuts, struct axis_address at, uint32_t rule)
{
	cuts->items[cuts->count++] = (struct cut){.at = at, .rule = rule};
}

/* Nothing ends behind the last value that a field can have. */
static void
cut_prefix(struct cuts *cuts, const struct config_prefix *prefix, uint32_t rule)
{
	unsigned width = prefix->family == 4 ? 32 : 128;
	unsigned host = width - prefix->length;
	struct axis_address first = {0}, end;

	for (unsigned i = 0; i < width / 8; i++) {
		first.high = first.high << 8 | first.low >> 56;
		first.low = first.low << 8 | prefix->address[i];
	}
	add_cut(cuts, first, rule);
	end = first;
	if (host >= 64) {
		end.high += host == 128 ? 0 : UINT64_C(1) << (host - 64);
	} else {
		end.low += UINT64_C(1) << host;
		end.high += end.low == 0;
	}
	if (width == 32 ? end.low <= UINT32_MAX : end.high > first.high || end.low > first.low)
		add_cut(cuts, end, rule);
}

static void
cut_list(struct cuts *cuts, enum axis_field field, const struct config_match *match, uint32_t rule)
{
	const struct config_prefixes *prefixes = prefixes_of(field, match);
	unsigned family = field == AXIS_SRC4 || field == AXIS_DST4 ? 4 : 6;

	if (prefixes) {
		for (unsigned i = 0; i < prefixes->count; i++) {
			if (prefixes->items[i].family == family)
				cut_prefix(cuts, &prefixes->items[i], rule);
		}
		return;
	}
	for (unsigned i = 0; i < set_of(field, match)->count; i++) {
		const struct config_range *range = &set_of(field, match)->ranges[i];

		add_cut(cuts, (struct axis_address){.low = range->low}, rule);
		add_cut(cuts, (struct axis_address){.low = (uint64_t)range->high + 1}, rule);
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct axis_address *x = &((const struct cut *)a)->at;
	const struct axis_address *y = &((const struct cut *)b)->at;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	return (x->low > y->low) - (x->low < y->low);
}

static size_t
value_count(enum axis_field field)
{
	return field == AXIS_PROTOCOL ? UINT8_MAX + 1 : UINT16_MAX + 1;
}

/* Room for as many pieces as there can be. */
static int
make_room(struct axis *axis, size_t pieces)
{
	if (!prefixes_of(axis->field, &(struct config_match){0})) {
		axis->row_of_value = calloc(value_count(axis->field), sizeof(*axis->row_of_value));
		return axis->row_of_value ? 0 : -ENOMEM;
	}
	if (pieces > UINT32_MAX)
		return -E2BIG;
	axis->row_of_piece = calloc(pieces, sizeof(*axis->row_of_piece));
	if (axis->field == AXIS_SRC4 || axis->field == AXIS_DST4)
		axis->begin4 = calloc(pieces, sizeof(*axis->begin4));
	else
		axis->begin6 = calloc(pieces, sizeof(*axis->begin6));
	return axis->row_of_piece && (axis->begin4 || axis->begin6) ? 0 : -ENOMEM;
}

/* A piece from one place to the next cut; NULL: to the end. */
static void
add_piece(struct axis *axis, struct axis_address from, const struct cut *next, uint32_t row)
{
	uint32_t at = axis->piece_count;

	if (axis->row_of_value) {
		size_t end = next ? next->at.low : value_count(axis->field);

		for (size_t value = from.low; value < end; value++)
			axis->row_of_value[value] = row;
		return;
	}
	if (at && axis->row_of_piece[at - 1] == row)
		return;
	if (axis->begin4)
		axis->begin4[at] = from.low;
	else
		axis->begin6[at] = from;
	axis->row_of_piece[at] = row;
	axis->piece_count++;
}

/* From the first value to the last: at each cut bits flip, and a piece begins. */
static int
sweep(struct axis *axis, const struct cuts *cuts, struct row_shelf *shelf, uint64_t *words)
{
	struct axis_address from = {0};
	uint64_t hash = 0;
	uint32_t row;
	size_t i = 0;
	int ret;

	for (;;) {
		for (; i < cuts->count && memcmp(&cuts->items[i].at, &from, sizeof(from)) == 0;
		     i++) {
			row_flip(words, &shelf->shape, cuts->items[i].rule);
			hash ^= row_hash(cuts->items[i].rule);
		}
		if (from.low == value_count(axis->field) && axis->row_of_value)
			return 0;
		ret = row_shelf_put(shelf, words, hash, &row);
		if (ret < 0)
			return ret;
		add_piece(axis, from, i < cuts->count ? &cuts->items[i] : NULL, row);
		if (i == cuts->count)
			return 0;
		from = cuts->items[i].at;
	}
}

static int
gather_cuts(struct cuts *cuts, enum axis_field field, const struct acl_entry *rules, uint32_t count)
{
	size_t most = 0;

	for (uint32_t i = 0; i < count; i++)
		most += 2 * (size_t)list_length(field, rules[i].match);
	cuts->items = calloc(most + 1, sizeof(*cuts->items));
	if (!cuts->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		cut_list(cuts, field, rules[i].match, i);
	qsort(cuts->items, cuts->count, sizeof(*cuts->items), by_place);
	return 0;
}

int
axis_make(enum axis_field field, const struct acl_entry *rules, uint32_t count, size_t most,
	  struct axis *axis, bool *made)
{
	struct row_shape shape = row_shape(count);
	uint64_t words[ROW_STRIDE_MAX] = {0};
	struct row_shelf shelf = {0};
	struct cuts cuts = {0};
	int ret;

	*axis = (struct axis){.field = field, .shape = shape};
	*made = false;
	for (uint32_t i = 0; i < count; i++) {
		if (list_length(field, rules[i].match))
			*made = true;
		else
			row_flip(words, &shape, i);
	}
	if (!*made)
		return 0;
	ret = gather_cuts(&cuts, field, rules, count);
	if (ret == 0)
		ret = make_room(axis, cuts.count + 1);
	if (ret == 0)
		ret = row_shelf_init(&shelf, shape, most);
	if (ret == 0)
		ret = sweep(axis, &cuts, &shelf, words);
	free(cuts.items);
	axis->rows = row_shelf_take(&shelf);
	if (ret < 0)
		axis_free(axis);
	return ret;
}

void
axis_free(struct axis *axis)
{
	free(axis->rows);
	free(axis->row_of_value);
	free(axis->begin4);
	free(axis->begin6);
	free(axis->row_of_piece);
	*axis = (struct axis){0};
}
