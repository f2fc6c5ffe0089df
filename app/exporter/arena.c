/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/banned.h"

#define BLOCK_BYTES (size_t)(1024 * 1024)
#define ALIGN_BYTES 16

struct block {
	struct block *next;
	size_t size; /* bytes that follow */
	_Alignas(ALIGN_BYTES) unsigned char bytes[];
};

/* All of them, in the order in which they are filled. */
static struct block *first, *last, *filling;
static size_t used; /* of the one that is filled */

static struct block *
add_block(size_t least)
{
	size_t size = least > BLOCK_BYTES ? least : BLOCK_BYTES;
	struct block *block = malloc(sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = NULL;
	block->size = size;
	if (last)
		last->next = block;
	else
		first = block;
	last = block;
	return block;
}

static void *
take(size_t size)
{
	void *taken;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
	while (!filling || filling->size - used < size) {
		struct block *next = filling ? filling->next : first;

		next = next ? next : add_block(size);
		if (!next)
			return NULL;
		filling = next;
		used = 0;
	}
	taken = filling->bytes + used;
	used += size;
	return taken;
}

static void
give(void *taken)
{
	(void)taken; /* with all the others */
}

void
arena_begin(void)
{
	json_set_alloc_funcs(take, give);
}

void
arena_reset(void)
{
	struct block *unused = filling ? filling->next : first;

	last = filling;
	if (filling)
		filling->next = NULL;
	else
		first = NULL;
	while (unused) {
		struct block *next = unused->next;

		free(unused);
		unused = next;
	}
	filling = NULL;
	used = 0;
}
