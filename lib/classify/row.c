/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

#define FIRST_ROOM 64

struct row_shape
row_shape(uint32_t rule_count)
{
	unsigned words = (rule_count + ROW_WORD_RULES - 1) / ROW_WORD_RULES;

	return (struct row_shape){.words = words, .stride = words > 1 ? 1 + words : 1};
}

void
row_flip(uint64_t *row, const struct row_shape *shape, uint32_t rule)
{
	unsigned word = rule / ROW_WORD_RULES;
	uint64_t *bits = &row[shape->stride - shape->words + word];

	*bits ^= UINT64_C(1) << rule % ROW_WORD_RULES;
	if (shape->words > 1)
		row[0] = (row[0] & ~(UINT64_C(1) << word)) | (uint64_t)(*bits != 0) << word;
}

/* The last mixing of splitmix64. */
uint64_t
row_hash(uint32_t rule)
{
	uint64_t hash = (rule + UINT64_C(1)) * 0x9e3779b97f4a7c15;

	hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
	hash = (hash ^ hash >> 27) * 0x94d049bb133111eb;
	return hash ^ hash >> 31;
}

static int
grow(struct row_shelf *shelf, uint32_t room)
{
	size_t size = shelf->shape.stride * sizeof(*shelf->rows);
	uint64_t *rows = realloc(shelf->rows, room * size);
	uint64_t *hashes = realloc(shelf->hashes, room * sizeof(*hashes));
	uint32_t *buckets = calloc((size_t)room * 2, sizeof(*buckets));

	if (rows)
		shelf->rows = rows;
	if (hashes)
		shelf->hashes = hashes;
	if (!rows || !hashes || !buckets) {
		free(buckets);
		return -ENOMEM;
	}
	free(shelf->buckets);
	shelf->buckets = buckets;
	shelf->room = room;
	shelf->mask = room * 2 - 1;
	for (uint32_t i = 0; i < shelf->count; i++) {
		uint32_t bucket = (uint32_t)hashes[i] & shelf->mask;

		while (buckets[bucket])
			bucket = (bucket + 1) & shelf->mask;
		buckets[bucket] = i + 1;
	}
	return 0;
}

int
row_shelf_init(struct row_shelf *shelf, struct row_shape shape, size_t most)
{
	*shelf = (struct row_shelf){.shape = shape, .most = most};
	return grow(shelf, FIRST_ROOM);
}

int
row_shelf_put(struct row_shelf *shelf, const uint64_t *row, uint64_t hash, uint32_t *number)
{
	unsigned stride = shelf->shape.stride;
	size_t size = stride * sizeof(*row);
	uint32_t bucket = (uint32_t)hash & shelf->mask;

	for (; shelf->buckets[bucket]; bucket = (bucket + 1) & shelf->mask) {
		*number = shelf->buckets[bucket] - 1;
		if (shelf->hashes[*number] == hash &&
		    memcmp(shelf->rows + (size_t)*number * stride, row, size) == 0)
			return 0;
	}
	if ((shelf->count + 1) * size > shelf->most)
		return -E2BIG;
	*number = shelf->count++;
	memcpy(shelf->rows + (size_t)*number * stride, row, size);
	shelf->hashes[*number] = hash;
	shelf->buckets[bucket] = *number + 1;
	return shelf->count == shelf->room ? grow(shelf, shelf->room * 2) : 0;
}

uint64_t *
row_shelf_take(struct row_shelf *shelf)
{
	uint64_t *rows = shelf->rows, *fitted;

	fitted = rows ? realloc(rows, shelf->count * (size_t)shelf->shape.stride * sizeof(*rows))
		      : NULL;
	free(shelf->hashes);
	free(shelf->buckets);
	*shelf = (struct row_shelf){0};
	return fitted ? fitted : rows;
}
