/* SPDX-License-Identifier: BSD-3-Clause */
#include "match/pending.h"

#include <stdlib.h>
#include <string.h>

#include "match/hash.h"

#include "core/banned.h"

#define ROOM_MIN 64
/* Where one came is told to so many packets. */
#define PLACE_BITS 4
/* Of a list so many are looked at, where not all in it will do. */
#define TRIES_MAX 64
/* So many bytes may be others, or one in so many, where nothing else tells two packets alike. */
#define BYTES_LEAST 8
#define BYTES_SHARE 8

static struct pending_packet *
at(const struct pending *pending, uint64_t number)
{
	return &pending->ring[number & (pending->room - 1)];
}

static uint64_t
place_key(uint32_t length, uint64_t place)
{
	return hash_numbers(length, place);
}

/* Of a payload or flow there are but 32 bits. */
static uint64_t
short_key(uint32_t hash)
{
	return hash_numbers(hash, 0);
}

static void
free_tables(struct pending *pending)
{
	for (unsigned i = 0; i < PENDING_WAYS; i++) {
		free(pending->tables[i].slots);
		pending->tables[i].slots = NULL;
	}
}

static bool
make_tables(struct pending *pending)
{
	for (unsigned i = 0; i < PENDING_WAYS; i++) {
		if (!table_make(&pending->tables[i], pending->room, &pending->ring[0].links[i],
				sizeof(pending->ring[0]))) {
			free_tables(pending);
			return false;
		}
	}
	return true;
}

bool
pending_make(struct pending *pending, uint32_t most)
{
	*pending = (struct pending){.room = ROOM_MIN, .most = most < ROOM_MIN ? ROOM_MIN : most};
	pending->ring = calloc(pending->room, sizeof(*pending->ring));
	if (pending->ring && make_tables(pending))
		return true;
	free(pending->ring);
	pending->ring = NULL;
	return false;
}

static void
let_go(struct pending *pending, struct pending_packet *packet)
{
	pending->bytes -= packet->kept;
	free(packet->bytes);
	packet->bytes = NULL;
	packet->kept = 0;
}

void
pending_reset(struct pending *pending)
{
	for (; pending->first < pending->next; pending->first++)
		let_go(pending, at(pending, pending->first));
	for (unsigned i = 0; i < PENDING_WAYS; i++)
		table_empty(&pending->tables[i]);
}

void
pending_free(struct pending *pending)
{
	if (!pending->ring)
		return;
	pending_reset(pending);
	free_tables(pending);
	free(pending->ring);
	pending->ring = NULL;
}

static void
link_one(struct pending *pending, enum pending_way way, uint64_t key, uint64_t number)
{
	at(pending, number)->linked[way] = true;
	table_add(&pending->tables[way], key, (uint32_t)(number & (pending->room - 1)));
}

static uint64_t
key_of(const struct table_link *link)
{
	return (uint64_t)link->tag << 32 | link->check;
}

/* Twice the room, in which all stand as they did. False: no memory, and all is as it was. */
static bool
grow(struct pending *pending)
{
	struct pending larger = *pending;

	larger.room *= 2;
	larger.ring = calloc(larger.room, sizeof(*larger.ring));
	if (!larger.ring || !make_tables(&larger)) {
		free(larger.ring);
		return false;
	}
	for (uint64_t i = pending->first; i < pending->next; i++) {
		const struct pending_packet *old = at(pending, i);

		*at(&larger, i) = *old;
		for (unsigned way = 0; way < PENDING_WAYS; way++) {
			if (old->linked[way])
				link_one(&larger, way, key_of(&old->links[way]), i);
		}
	}
	free_tables(pending);
	free(pending->ring);
	*pending = larger;
	return true;
}

/* The oldest leaves. Whether it was not taken. */
static bool
leave(struct pending *pending)
{
	struct pending_packet *packet = at(pending, pending->first);
	uint32_t index = (uint32_t)(pending->first & (pending->room - 1));

	for (unsigned way = 0; way < PENDING_WAYS; way++) {
		if (packet->linked[way])
			table_remove_first(&pending->tables[way], index);
		packet->linked[way] = false;
	}
	let_go(pending, packet);
	pending->first++;
	return !packet->taken;
}

/* A copy of its bytes, if there is memory for them. */
static void
keep(struct pending *pending, struct pending_packet *one, const struct match_packet *packet)
{
	if (pending->bytes + packet->length > MATCH_KEEP)
		return;
	one->bytes = malloc(packet->length + 1);
	if (!one->bytes)
		return;
	memcpy(one->bytes, packet->bytes, packet->length);
	one->kept = packet->length;
	pending->bytes += packet->length;
}

unsigned
pending_add(struct pending *pending, const struct match_packet *packet, uint64_t near)
{
	struct pending_packet *one;
	unsigned left = 0;

	if (pending->next - pending->first == pending->room &&
	    (pending->room * 2 > pending->most || !grow(pending)))
		left = leave(pending);
	one = at(pending, pending->next);
	*one = (struct pending_packet){.length = packet->keys.length,
				       .near = near,
				       .number = packet->number,
				       .time_ns = packet->time_ns};
	if (packet->bytes)
		keep(pending, one, packet);
	if (packet->keys.flow)
		link_one(pending, PENDING_BY_FLOW, short_key(packet->keys.flow), pending->next);
	if (packet->keys.payload)
		link_one(pending, PENDING_BY_PAYLOAD, short_key(packet->keys.payload),
			 pending->next);
	if (one->bytes)
		link_one(pending, PENDING_BY_PLACE, place_key(one->length, near >> PLACE_BITS),
			 pending->next);
	pending->next++;
	return left;
}

uint64_t
pending_pass(struct pending *pending, uint64_t before_ns)
{
	uint64_t left = 0;

	while (pending->first < pending->next && at(pending, pending->first)->time_ns < before_ns)
		left += leave(pending);
	return left;
}

static bool
came_in_time(const struct pending_packet *packet, const struct pending_lost *lost)
{
	return packet->time_ns >= lost->from_ns && packet->time_ns <= lost->until_ns;
}

static bool
is_alike(const struct pending_packet *packet, const struct pending_lost *lost)
{
	uint32_t length = packet->kept < lost->kept ? packet->kept : lost->kept, others = 0;
	uint32_t most = length / BYTES_SHARE;

	if (length > packet->length)
		length = packet->length;
	if (most < BYTES_LEAST)
		most = BYTES_LEAST;
	for (uint32_t i = 0; i < length && others <= most; i++)
		others += packet->bytes[i] != lost->bytes[i];
	return others <= most;
}

/* The first of a list that will do. Those in front that are taken already leave it. */
static struct pending_packet *
search(struct pending *pending, enum pending_way way, uint64_t key, const struct pending_lost *lost)
{
	struct table *table = &pending->tables[way];
	struct table_slot *slot;
	uint32_t last, one;

	while ((slot = table_find(table, key))) {
		struct pending_packet *first = &pending->ring[table_link(table, slot->last)->next];

		if (!first->taken)
			break;
		table_pop(table, slot);
		first->linked[way] = false;
	}
	if (!slot)
		return NULL;
	last = slot->last;
	one = last;
	for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
		struct pending_packet *packet;

		one = table_link(table, one)->next;
		packet = &pending->ring[one];
		if (!packet->taken && came_in_time(packet, lost) &&
		    (way != PENDING_BY_PLACE || is_alike(packet, lost)))
			return packet;
		if (one == last)
			break;
	}
	return NULL;
}

struct pending_packet *
pending_take(struct pending *pending, const struct pending_lost *lost)
{
	struct pending_packet *packet = NULL;
	uint64_t place = lost->sent >> PLACE_BITS;

	if (lost->flow)
		packet = search(pending, PENDING_BY_FLOW, short_key(lost->flow), lost);
	if (!packet && lost->payload)
		packet = search(pending, PENDING_BY_PAYLOAD, short_key(lost->payload), lost);
	/* What came right before may have been sent in the part before. */
	for (unsigned i = 0; !packet && lost->bytes && i < 3; i++)
		packet = search(pending, PENDING_BY_PLACE, place_key(lost->length, place + i - 1),
				lost);
	if (packet)
		packet->taken = true;
	return packet;
}

bool
pending_has_near(const struct pending *pending, uint32_t length, uint64_t sent)
{
	const struct table *table = &pending->tables[PENDING_BY_PLACE];

	for (unsigned i = 0; i < 3; i++) {
		if (table_find(table, place_key(length, (sent >> PLACE_BITS) + i - 1)))
			return true;
	}
	return false;
}
