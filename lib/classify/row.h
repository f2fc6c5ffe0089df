/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Row: a set of rules, as bits. Where they need several words, one stands before them that has a
 * bit for each which is not 0, so that looking for what several rows have in common skips most
 * words.
 */
#ifndef CLASSIFY_ROW_H
#define CLASSIFY_ROW_H

#include <stddef.h>
#include <stdint.h>

#define ROW_WORD_RULES 64
#define ROW_RULES_MAX (ROW_WORD_RULES * 64) /* so that one word has a bit for each of the others */
#define ROW_STRIDE_MAX (1 + ROW_RULES_MAX / ROW_WORD_RULES)

/* How many words the rows of so many rules have, and how many with the first one, if there is
 * one. */
struct row_shape {
	unsigned words, stride;
};

/* Rows, each kept once and known by its number. Control thread. */
struct row_shelf {
	struct row_shape shape;
	size_t most; /* bytes of rows */
	uint64_t *rows;
	uint64_t *hashes;  /* by row */
	uint32_t *buckets; /* open addressing: row plus 1 */
	uint32_t count, room, mask;
};

struct row_shape row_shape(uint32_t rule_count);

/* Puts a rule in, or takes it out. */
void row_flip(uint64_t *row, const struct row_shape *shape, uint32_t rule);

/* What row_flip changes of a row's hash, by exclusive or. */
uint64_t row_hash(uint32_t rule);

int row_shelf_init(struct row_shelf *shelf, struct row_shape shape, size_t most);

/* The number of a row, which is kept unless it is there. -E2BIG when the rows take too much. */
int row_shelf_put(struct row_shelf *shelf, const uint64_t *row, uint64_t hash, uint32_t *number);

/* Frees everything but the rows, which are the caller's: NULL, or to be freed with free. */
uint64_t *row_shelf_take(struct row_shelf *shelf);

#endif
