/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/lists.h"

#include <errno.h>
#include <stdlib.h>

#include "core/banned.h"

static int
make_bases(struct lists_part *part, const struct acl_entry *rules)
{
	unsigned stride = part->shape.stride;

	part->values = calloc(part->count, sizeof(*part->values));
	part->kinds = calloc((size_t)PACKET_KINDS * stride, sizeof(*part->kinds));
	part->ports = calloc((size_t)CONFIG_PORTS_MAX * stride, sizeof(*part->ports));
	if (!part->values || !part->kinds || !part->ports)
		return -ENOMEM;
	for (uint32_t i = 0; i < part->count; i++) {
		unsigned kinds = match_kinds(rules[i].match);

		part->values[i] = rules[i].value;
		for (unsigned kind = 0; kind < PACKET_KINDS; kind++) {
			if (kinds & KIND_BIT(kind))
				row_flip(part->kinds + (size_t)kind * stride, &part->shape, i);
		}
		for (unsigned port = 0; port < CONFIG_PORTS_MAX; port++) {
			if (rules[i].from >> port & 1)
				row_flip(part->ports + (size_t)port * stride, &part->shape, i);
		}
	}
	return 0;
}

static void
free_part(struct lists_part *part)
{
	for (unsigned i = 0; i < part->axis_count; i++)
		axis_free(&part->axes[i]);
	free(part->values);
	free(part->kinds);
	free(part->ports);
	*part = (struct lists_part){0};
}

static int
make_part(struct lists_part *part, const struct acl_entry *rules, uint32_t count)
{
	/* With one word a row there is nothing to be had from halves. */
	size_t most = count > ROW_WORD_RULES ? LISTS_AXIS_BYTES : SIZE_MAX;
	int ret;

	*part = (struct lists_part){.count = count, .shape = row_shape(count)};
	ret = make_bases(part, rules);
	for (unsigned field = 0; field < AXIS_FIELDS && ret == 0; field++) {
		bool made;

		ret = axis_make(field, rules, count, most, &part->axes[part->axis_count], &made);
		part->axis_count += ret == 0 && made;
	}
	if (ret < 0)
		free_part(part);
	return ret;
}

static int
make_parts(struct lists *lists, const struct acl_entry *rules, uint32_t count)
{
	struct lists_part *parts =
		realloc(lists->parts, (lists->part_count + 1) * sizeof(*lists->parts));
	uint32_t half;
	int ret = -E2BIG;

	if (!parts)
		return -ENOMEM;
	lists->parts = parts;
	if (count <= ROW_RULES_MAX)
		ret = make_part(&parts[lists->part_count], rules, count);
	if (ret == 0)
		lists->part_count++;
	if (ret != -E2BIG || count <= ROW_WORD_RULES)
		return ret;
	half = (count / 2 + ROW_WORD_RULES - 1) / ROW_WORD_RULES * ROW_WORD_RULES;
	ret = make_parts(lists, rules, half);
	if (ret < 0)
		return ret;
	return make_parts(lists, rules + half, count - half);
}

int
lists_make(const struct acl_entry *rules, uint32_t count, struct lists **out)
{
	struct lists *lists;
	int ret;

	*out = NULL;
	if (count == 0)
		return 0;
	lists = calloc(1, sizeof(*lists));
	if (!lists)
		return -ENOMEM;
	ret = make_parts(lists, rules, count);
	if (ret < 0)
		lists_free(lists);
	else
		*out = lists;
	return ret;
}

void
lists_free(struct lists *lists)
{
	if (!lists)
		return;
	for (uint32_t i = 0; i < lists->part_count; i++)
		free_part(&lists->parts[i]);
	free(lists->parts);
	free(lists);
}
