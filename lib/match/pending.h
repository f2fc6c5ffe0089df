/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pending: packets that came back and have no key of what was sent, until it is known whether one
 * of those that are lost became them. For this room alone; one thread.
 *
 * One is what a lost packet has become if it is of its flow and has its identification; or if it
 * has its payload; or if it is as long, came where the lost one would have come, and few of its
 * bytes are others.
 */
#ifndef MATCH_PENDING_H
#define MATCH_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "match/match.h"
#include "match/table.h"

enum pending_way {
	PENDING_BY_FLOW,
	PENDING_BY_PAYLOAD,
	PENDING_BY_PLACE,
	PENDING_WAYS,
};

struct pending_packet {
	struct table_link links[PENDING_WAYS];
	bool linked[PENDING_WAYS], taken;
	uint32_t length; /* of what keys cover */
	uint64_t near;   /* the number of what came right before */
	uint64_t number, time_ns;
	uint8_t *bytes; /* owned; NULL: not kept */
	uint32_t kept;
};

struct pending {
	/* A ring, in the order in which they came: from first to next, of a power of two. */
	struct pending_packet *ring;
	uint32_t room, most;
	uint64_t first, next;
	uint64_t bytes; /* in all */
	struct table tables[PENDING_WAYS];
};

/* What was sent and is lost, as far as it is known here. */
struct pending_lost {
	uint32_t flow, payload, length;
	uint64_t sent; /* its number */
	uint64_t from_ns, until_ns;
	const uint8_t *bytes; /* NULL: not known */
	uint32_t kept;
};

/* most: at most so many. False: no memory. */
bool pending_make(struct pending *pending, uint32_t most);
void pending_free(struct pending *pending);
void pending_reset(struct pending *pending);

/* Adds one. Returns how many of the oldest had to go for it and were not taken: 0 or 1. */
unsigned pending_add(struct pending *pending, const struct match_packet *packet, uint64_t near);

/* Lets those go that came before. Returns how many of them were not taken. */
uint64_t pending_pass(struct pending *pending, uint64_t before_ns);

/* What a lost packet has become, which is taken then; or NULL. It stays where it is until the next
 * call. */
struct pending_packet *pending_take(struct pending *pending, const struct pending_lost *lost);

/* Whether bytes of the lost one would help to find it. */
bool pending_has_near(const struct pending *pending, uint32_t length, uint64_t sent);

static inline bool
pending_is_empty(const struct pending *pending)
{
	return pending->first == pending->next;
}

#endif
