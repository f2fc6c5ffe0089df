/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Table: lists of things by a key of 64 bits, in the order in which they were added (FIFO). Things
 * stand in an array of their owner's, each with a link for every table that it is in. Open
 * addressing with linear probing; a slot is 8 bytes, and there are four a thing: half as many are
 * half the memory, but at twice the load more than one is looked at each other time, and a branch
 * that is foreseen wrongly costs more than all else. For this room alone, and inline: it is asked
 * for every packet.
 */
#ifndef MATCH_TABLE_H
#define MATCH_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match/memory.h"

#define TABLE_NONE UINT32_MAX

/* In a thing. next: the one that was added after it; of the last one, the first. */
struct table_link {
	uint32_t tag, check; /* both halves of the key */
	uint32_t next;
};

struct table_slot {
	uint32_t tag;
	uint32_t last; /* of the list; TABLE_NONE: the slot is free */
};

struct table {
	struct table_slot *slots;
	uint32_t mask;
	unsigned shift;
	uint8_t *links; /* of the first thing */
	size_t stride;
};

static inline struct table_link *
table_link(const struct table *table, uint32_t thing)
{
	return (struct table_link *)(table->links + thing * table->stride);
}

static inline uint32_t
table_home(const struct table *table, uint32_t tag)
{
	return tag >> table->shift;
}

static inline void
table_prefetch(const struct table *table, uint64_t key)
{
	__builtin_prefetch(&table->slots[table_home(table, key >> 32)]);
}

/* For so many things, a power of two from 16 to 2^30. False: no memory. */
static inline bool
table_make(struct table *table, uint32_t things, void *links, size_t stride)
{
	unsigned bits = 33 - (unsigned)__builtin_clz(things);

	*table = (struct table){.mask = (UINT32_C(1) << bits) - 1,
				.shift = 32 - bits,
				.links = links,
				.stride = stride};
	table->slots = memory_take(((size_t)table->mask + 1) * sizeof(*table->slots));
	if (!table->slots)
		return false;
	memset(table->slots, 0xff, ((size_t)table->mask + 1) * sizeof(*table->slots));
	return true;
}

static inline void
table_empty(struct table *table)
{
	memset(table->slots, 0xff, ((size_t)table->mask + 1) * sizeof(*table->slots));
}

/* The last of a list whose slot is most likely the key's; only to bring it into the cache. */
static inline uint32_t
table_peek(const struct table *table, uint64_t key)
{
	uint32_t tag = key >> 32;
	const struct table_slot *slot = &table->slots[table_home(table, tag)];

	return slot->tag == tag || slot == &table->slots[table->mask] ? slot->last : slot[1].last;
}

/* The slot of a list; or NULL. */
static inline struct table_slot *
table_find(const struct table *table, uint64_t key)
{
	uint32_t tag = key >> 32, check = (uint32_t)key;

	for (uint32_t at = table_home(table, tag);; at = (at + 1) & table->mask) {
		struct table_slot *slot = &table->slots[at];

		if (slot->last == TABLE_NONE)
			return NULL;
		if (slot->tag == tag && table_link(table, slot->last)->check == check)
			return slot;
	}
}

/* Adds a thing behind the others of its key. Returns the last one before it, or TABLE_NONE. */
static inline uint32_t
table_add(struct table *table, uint64_t key, uint32_t thing)
{
	struct table_link *link = table_link(table, thing);
	struct table_slot *slot = table_find(table, key);
	uint32_t at, last;

	link->tag = key >> 32;
	link->check = (uint32_t)key;
	if (slot) {
		struct table_link *before = table_link(table, slot->last);

		last = slot->last;
		link->next = before->next;
		before->next = thing;
		slot->last = thing;
		return last;
	}
	at = table_home(table, link->tag);
	while (table->slots[at].last != TABLE_NONE)
		at = (at + 1) & table->mask;
	link->next = thing;
	table->slots[at] = (struct table_slot){link->tag, thing};
	return TABLE_NONE;
}

/* Frees a slot, and moves those behind it that it was in the way of. */
static inline void
table_free_slot(struct table *table, struct table_slot *slot)
{
	uint32_t hole = (uint32_t)(slot - table->slots);

	for (uint32_t at = (hole + 1) & table->mask;; at = (at + 1) & table->mask) {
		const struct table_slot *other = &table->slots[at];
		uint32_t home;

		if (other->last == TABLE_NONE)
			break;
		home = table_home(table, other->tag);
		if (((at - home) & table->mask) < ((at - hole) & table->mask))
			continue;
		table->slots[hole] = *other;
		hole = at;
	}
	table->slots[hole].last = TABLE_NONE;
}

/* Takes the first of a list out of it; the slot is free if it was the only one. */
static inline void
table_pop(struct table *table, struct table_slot *slot)
{
	struct table_link *last = table_link(table, slot->last);

	if (last->next == slot->last)
		table_free_slot(table, slot);
	else
		last->next = table_link(table, last->next)->next;
}

/* Takes a thing out that is the first of its list. */
static inline void
table_remove_first(struct table *table, uint32_t thing)
{
	const struct table_link *link = table_link(table, thing);
	struct table_slot *slot = table_find(table, (uint64_t)link->tag << 32 | link->check);

	if (slot)
		table_pop(table, slot);
}

#endif
