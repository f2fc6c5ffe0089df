/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/lists.h"

#include "core/banned.h"

/* Packets of one kind. */
struct group {
	unsigned count;
	uint8_t indices[BURST_MAX]; /* where they stand among all */
	const struct packet_view *views[BURST_MAX];
};

/* What a part says of a group: one row an axis and packet, and what the first words have in
 * common. */
struct found {
	unsigned axis_count;
	uint64_t base[ROW_STRIDE_MAX];
	const uint64_t *rows[AXIS_FIELDS][BURST_MAX];
	uint64_t common[BURST_MAX];
};

static void
group_by_kind(const struct packet_view *const *views, unsigned count,
	      struct group groups[PACKET_KINDS])
{
	for (unsigned kind = 0; kind < PACKET_KINDS; kind++)
		groups[kind].count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct group *group = &groups[views[i]->kind];

		group->views[group->count] = views[i];
		group->indices[group->count++] = i;
	}
}

static void
find_rows(const struct lists_part *part, unsigned kind, uint16_t in_port, const struct group *group,
	  struct found *found)
{
	unsigned stride = part->shape.stride;
	const uint64_t *by_kind = part->kinds + (size_t)kind * stride;
	const uint64_t *by_port = part->ports + (size_t)in_port * stride;

	found->base[0] = by_kind[0] & by_port[0];
	for (unsigned i = 1; i < stride; i++)
		found->base[i] = by_kind[i] & by_port[i];
	for (unsigned i = 0; i < group->count; i++)
		found->common[i] = found->base[0];
	found->axis_count = 0;
	for (unsigned i = 0; i < part->axis_count && found->base[0]; i++) {
		const uint64_t **rows = found->rows[found->axis_count];

		if (!(axis_kinds(part->axes[i].field) & KIND_BIT(kind)))
			continue;
		axis_find(&part->axes[i], group->views, group->count, rows);
		for (unsigned j = 0; j < group->count; j++)
			found->common[j] &= rows[j][0];
		found->axis_count++;
	}
}

/* The rules of one word that hold. */
static inline uint64_t
rules_of_word(const struct lists_part *part, const struct found *found, unsigned packet,
	      unsigned word)
{
	uint64_t bits;

	if (part->shape.words == 1)
		return found->common[packet];
	bits = found->base[1 + word];
	for (unsigned i = 0; i < found->axis_count; i++)
		bits &= found->rows[i][packet][1 + word];
	return bits;
}

/* The words in which there may be some. */
static inline uint64_t
words_of(const struct lists_part *part, const struct found *found, unsigned packet)
{
	return part->shape.words == 1 ? found->common[packet] != 0 : found->common[packet];
}

static void
lower(const struct lists_part *part, const struct group *group, const struct found *found,
      uint32_t *values)
{
	for (unsigned i = 0; i < group->count; i++) {
		uint32_t *value = &values[group->indices[i]];

		for (uint64_t words = words_of(part, found, i); words; words &= words - 1) {
			unsigned word = __builtin_ctzll(words);
			uint64_t bits = rules_of_word(part, found, i, word);
			uint32_t least;

			if (bits == 0)
				continue;
			least = part->values[word * ROW_WORD_RULES + __builtin_ctzll(bits)];
			*value = least < *value ? least : *value;
			break;
		}
	}
}

void
lists_find_first(const struct lists *lists, const struct packet_view *const *views, unsigned count,
		 uint16_t in_port, uint32_t *values)
{
	struct group groups[PACKET_KINDS];
	struct found found;

	group_by_kind(views, count, groups);
	for (uint32_t i = 0; i < lists->part_count; i++) {
		const struct lists_part *part = &lists->parts[i];
		bool open = false;

		for (unsigned j = 0; j < count; j++)
			open |= values[j] > part->values[0];
		if (!open)
			return;
		for (unsigned kind = 0; kind < PACKET_KINDS; kind++) {
			if (groups[kind].count == 0)
				continue;
			find_rows(part, kind, in_port, &groups[kind], &found);
			lower(part, &groups[kind], &found, values);
		}
	}
}

static void
append(const struct lists_part *part, const struct group *group, const struct found *found,
       uint32_t *values, size_t stride, uint32_t *counts)
{
	for (unsigned i = 0; i < group->count; i++) {
		unsigned packet = group->indices[i];

		for (uint64_t words = words_of(part, found, i); words; words &= words - 1) {
			unsigned word = __builtin_ctzll(words);
			uint64_t bits = rules_of_word(part, found, i, word);

			for (; bits; bits &= bits - 1)
				values[packet * stride + counts[packet]++] =
					part->values[word * ROW_WORD_RULES + __builtin_ctzll(bits)];
		}
	}
}

void
lists_find_all(const struct lists *lists, const struct packet_view *const *views, unsigned count,
	       uint16_t in_port, uint32_t *values, size_t stride, uint32_t *counts)
{
	struct group groups[PACKET_KINDS];
	struct found found;

	group_by_kind(views, count, groups);
	for (uint32_t i = 0; i < lists->part_count; i++) {
		for (unsigned kind = 0; kind < PACKET_KINDS; kind++) {
			if (groups[kind].count == 0)
				continue;
			find_rows(&lists->parts[i], kind, in_port, &groups[kind], &found);
			append(&lists->parts[i], &groups[kind], &found, values, stride, counts);
		}
	}
}
