/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sent: the packets that were sent and are held, in a ring in that order, and in a table for each
 * level of keys. For this room alone; one thread.
 */
#ifndef MATCH_SENT_H
#define MATCH_SENT_H

#include <stdbool.h>
#include <stdint.h>

#include "match/match.h"
#include "match/table.h"

enum sent_state {
	SENT_WAITING,
	SENT_BACK,
	SENT_LOST,
	SENT_CHANGED,
	/* Lost, and not to be found any more by itself: a twin that was sent later is owed one. */
	SENT_OWED,
};

/* A line of the cache. */
struct sent_packet {
	struct table_link links[MATCH_LEVELS];
	uint32_t loop;
	uint64_t time_ns, number;
	/* Of the last of a list: how many before it are owed. */
	uint32_t owed;
	uint8_t state;
	uint8_t linked; /* bits of levels in whose tables it is */
} __attribute__((aligned(64)));

/* What is needed of one when it is lost. */
struct sent_rest {
	uint32_t flow, payload, length;
};

struct sent {
	struct sent_packet *ring;
	struct sent_rest *rest;
	uint32_t room; /* a power of two */
	unsigned levels;
	/* Numbers of packets as they were sent: held are those from first to next; those before
	 * decided are not waiting. */
	uint64_t first, decided, next;
	struct table tables[MATCH_LEVELS];
};

/* What a key finds. */
struct sent_found {
	enum {
		SENT_NONE,
		SENT_FOUND,      /* waiting or lost: packet is it */
		SENT_FOUND_OWED, /* an owed one; packet is its last twin */
		SENT_ALL_BACK,   /* packet is the last of them */
	} is;
	bool ambiguous;
	struct sent_packet *packet;
};

/* False: no memory. */
bool sent_open(struct sent *sent, uint32_t room, unsigned levels);
void sent_close(struct sent *sent);
void sent_reset(struct sent *sent);

static inline struct sent_packet *
sent_at(const struct sent *sent, uint64_t number)
{
	return &sent->ring[number & (sent->room - 1)];
}

/* Which number one of those that are held has. */
static inline uint64_t
sent_number(const struct sent *sent, const struct sent_packet *packet)
{
	uint64_t place = (uint64_t)(packet - sent->ring);

	return sent->first + ((place - sent->first) & (sent->room - 1));
}

/* There is room for it: sent_forget was called where there was none. */
void sent_add(struct sent *sent, const struct match_packet *packet);

/* The oldest is no longer held. It is not waiting. */
void sent_forget(struct sent *sent);

/* The one that comes back with a key: what becomes of it is the caller's to note. */
struct sent_found sent_find(struct sent *sent, unsigned level, uint64_t key);

#endif
