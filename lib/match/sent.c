/* SPDX-License-Identifier: BSD-3-Clause */
#include "match/sent.h"

#include <stdlib.h>

#include "core/banned.h"

/* Whether there was a choice is looked for among so many. */
#define CHOICES_MAX 32

bool
sent_open(struct sent *sent, uint32_t room, unsigned levels)
{
	bool made;

	*sent = (struct sent){.room = room, .levels = levels};
	sent->ring = memory_take((size_t)room * sizeof(*sent->ring));
	sent->rest = memory_take((size_t)room * sizeof(*sent->rest));
	made = sent->ring && sent->rest;
	for (unsigned i = 0; made && i < levels; i++)
		made = table_make(&sent->tables[i], room, &sent->ring[0].links[i],
				  sizeof(sent->ring[0]));
	if (!made)
		sent_close(sent);
	return made;
}

void
sent_close(struct sent *sent)
{
	free(sent->ring);
	free(sent->rest);
	for (unsigned i = 0; i < MATCH_LEVELS; i++)
		free(sent->tables[i].slots);
	*sent = (struct sent){.room = 0};
}

void
sent_reset(struct sent *sent)
{
	for (unsigned i = 0; i < sent->levels; i++)
		table_empty(&sent->tables[i]);
	sent->first = sent->decided = sent->next = 0;
}

void
sent_add(struct sent *sent, const struct match_packet *packet)
{
	uint32_t index = (uint32_t)(sent->next & (sent->room - 1));
	struct sent_packet *one = &sent->ring[index];

	one->time_ns = packet->time_ns;
	one->number = packet->number;
	one->loop = packet->loop;
	one->owed = 0;
	one->state = SENT_WAITING;
	one->linked = (uint8_t)((1u << sent->levels) - 1);
	for (unsigned i = 0; i < sent->levels; i++) {
		uint32_t before = table_add(&sent->tables[i], packet->keys.of[i], index);

		if (before == TABLE_NONE || sent->ring[before].owed == 0)
			continue;
		one->owed += sent->ring[before].owed;
		sent->ring[before].owed = 0;
	}
	sent->rest[index] =
		(struct sent_rest){packet->keys.flow, packet->keys.payload, packet->keys.length};
	sent->next++;
}

void
sent_forget(struct sent *sent)
{
	uint32_t index = (uint32_t)(sent->first & (sent->room - 1));
	const struct sent_packet *one = &sent->ring[index];

	/* Whatever was before it in a list has left it. */
	for (unsigned i = 0; i < sent->levels; i++) {
		if (one->linked & (1u << i))
			table_remove_first(&sent->tables[i], index);
	}
	sent->first++;
}

static bool
is_open(const struct sent_packet *packet)
{
	return packet->state == SENT_WAITING || packet->state == SENT_LOST;
}

/* Whether others behind it in its list would have done. */
static bool
is_ambiguous(const struct sent *sent, unsigned level, uint32_t one, uint32_t last)
{
	unsigned looked = 0;

	while (one != last) {
		one = sent->ring[one].links[level].next;
		if (is_open(&sent->ring[one]) || ++looked == CHOICES_MAX)
			return true;
	}
	return false;
}

struct sent_found
sent_find(struct sent *sent, unsigned level, uint64_t key)
{
	struct table *table = &sent->tables[level];
	struct table_slot *slot = table_find(table, key);
	struct sent_packet *last, *one;
	uint32_t index;

	if (!slot)
		return (struct sent_found){.is = SENT_NONE};
	last = &sent->ring[slot->last];
	/* What is not open leaves the list, so nobody passes over it twice; but for the last, by
	 * which the key is known. Lost ones lie before those that are waiting: where the last is
	 * waiting they can only be told by number. */
	for (;;) {
		index = last->links[level].next;
		one = &sent->ring[index];
		if (one->state == SENT_WAITING || one == last)
			break;
		if (one->state == SENT_LOST) {
			if (last->state != SENT_WAITING)
				break;
			one->state = SENT_OWED;
			last->owed++;
		}
		one->linked &= (uint8_t) ~(1u << level);
		table_pop(table, slot);
	}
	if (is_open(one))
		return (struct sent_found){.is = SENT_FOUND,
					   .packet = one,
					   .ambiguous =
						   is_ambiguous(sent, level, index, slot->last)};
	return (struct sent_found){.is = last->owed ? SENT_FOUND_OWED : SENT_ALL_BACK,
				   .packet = last};
}
