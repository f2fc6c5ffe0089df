/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

struct names_slot {
	const char *name; /* NULL: free */
	uint32_t hash, number;
};

int
names_init(struct names *names, uint32_t count)
{
	uint64_t slots = 2;

	while (slots < (uint64_t)count * 2)
		slots *= 2;
	names->slots = calloc(slots, sizeof(*names->slots));
	if (!names->slots)
		return -ENOMEM;
	names->mask = slots - 1;
	return 0;
}

void
names_clear(struct names *names)
{
	free(names->slots);
	memset(names, 0, sizeof(*names));
}

/* FNV-1a, its high bits folded into those that pick the slot. */
static uint32_t
hash_name(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash ^ hash >> 15;
}

/* The name's slot, or the free one where it belongs. */
static struct names_slot *
look_up(const struct names *names, const char *name, uint32_t hash)
{
	uint32_t at = hash & names->mask;

	while (names->slots[at].name &&
	       (names->slots[at].hash != hash || strcmp(names->slots[at].name, name) != 0))
		at = (at + 1) & names->mask;
	return &names->slots[at];
}

uint32_t
names_add(struct names *names, const char *name, uint32_t number)
{
	uint32_t hash = hash_name(name);
	struct names_slot *slot = look_up(names, name, hash);

	if (slot->name)
		return slot->number;
	*slot = (struct names_slot){name, hash, number};
	return NAMES_NONE;
}

uint32_t
names_find(const struct names *names, const char *name)
{
	const struct names_slot *slot;

	if (!names->slots)
		return NAMES_NONE;
	slot = look_up(names, name, hash_name(name));
	return slot->name ? slot->number : NAMES_NONE;
}
