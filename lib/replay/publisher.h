/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Publisher: gives entries to the lanes, some at a time, and says which lane each is for. The
 * reader's thread only.
 */
#ifndef REPLAY_PUBLISHER_H
#define REPLAY_PUBLISHER_H

#include <rte_mbuf.h>

#include "packet/view.h"
#include "replay/sides.h"
#include "replay/timeline.h"

#define PUBLISHER_BATCH 32

struct publisher {
	struct timeline *timeline;
	bool split; /* over several lanes, by flow */
	bool pair;  /* over two ports, by sides */
	struct sides sides;
	uint64_t published;
	unsigned count; /* entries that wait to be published */
	struct timeline_entry entries[PUBLISHER_BATCH];
	uint16_t lengths[PUBLISHER_BATCH]; /* see timeline.h */
	/* What parsing takes: they point at the packets. */
	struct rte_mbuf packets[PUBLISHER_BATCH];
	struct packet_view views[PUBLISHER_BATCH];
};

/* Takes every packet that no lane has sent, published or not, off its block. Lanes stand still, and
 * every window is settled. */
void publisher_withdraw(struct publisher *publisher);

static inline bool
publisher_is_full(const struct publisher *publisher)
{
	return publisher->count == PUBLISHER_BATCH;
}

/* It must not be full. length: of the packet when it leaves. */
static inline void
publisher_add(struct publisher *publisher, const struct timeline_entry *entry, uint16_t length)
{
	publisher->lengths[publisher->count] = length;
	publisher->entries[publisher->count++] = *entry;
}

/* Publishes what waits, unless some of the entries that it would be written over are still needed:
 * false then. */
bool publisher_flush(struct publisher *publisher);

#endif
