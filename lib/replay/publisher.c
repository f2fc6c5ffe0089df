/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/publisher.h"

#include "replay/headers.h"

#include "core/banned.h"

/* Nothing is published yet, nor waits. */
static void
publisher_reset(struct publisher *publisher)
{
	publisher->published = 0;
	publisher->count = 0;
}

void
publisher_withdraw(struct publisher *publisher)
{
	struct timeline *timeline = publisher->timeline;

	for (unsigned i = 0; i < publisher->count && !timeline->resident; i++)
		headers_release(timeline, publisher->entries[i].offset);
	for (unsigned lane = 0; lane < timeline->lane_count && !timeline->resident; lane++) {
		uint64_t next =
			atomic_load_explicit(&timeline->lanes[lane].passed, memory_order_acquire);

		for (; next < publisher->published; next++) {
			const struct timeline_entry *entry =
				&timeline->entries[next & timeline->mask];

			if (entry->lane == lane)
				headers_release(timeline, entry->offset);
		}
	}
	publisher_reset(publisher);
}

static bool
has_room(const struct publisher *publisher)
{
	const struct timeline *timeline = publisher->timeline;
	uint64_t end = publisher->published + publisher->count;

	/* A ring of a resident replay holds every entry there can be. */
	for (unsigned i = 0; i < timeline->lane_count && !timeline->resident; i++) {
		uint64_t passed =
			atomic_load_explicit(&timeline->lanes[i].passed, memory_order_acquire);

		if (end > passed + timeline->mask + 1)
			return false;
	}
	return true;
}

/* Lanes by the hash that groups go by too: both directions of a flow, and all fragments of a
 * datagram. */
static void
choose(struct publisher *publisher)
{
	struct rte_mbuf *packets[PUBLISHER_BATCH];

	for (unsigned i = 0; i < publisher->count; i++) {
		struct rte_mbuf *packet = &publisher->packets[i];
		const struct timeline_entry *entry = &publisher->entries[i];

		packet->buf_addr = publisher->timeline->arena + entry->offset;
		packet->data_off = 0;
		packet->data_len = entry->length;
		packet->pkt_len = entry->length;
		packet->nb_segs = 1;
		packet->next = NULL;
		packets[i] = packet;
	}
	packet_parse(packets, publisher->count, 0, publisher->views);
	for (unsigned i = 0; i < publisher->count; i++) {
		struct timeline_entry *entry = &publisher->entries[i];
		const struct packet_view *view = &publisher->views[i];

		if (publisher->split)
			entry->lane = packet_flow_hash(packets[i], view) %
				      publisher->timeline->lane_count;
		if (publisher->pair)
			entry->server = sides_is_server(&publisher->sides, packets[i], view);
	}
}

bool
publisher_flush(struct publisher *publisher)
{
	struct timeline *timeline = publisher->timeline;

	if (publisher->count == 0)
		return true;
	if (!has_room(publisher))
		return false;
	if (publisher->split || publisher->pair)
		choose(publisher);
	for (unsigned i = 0; i < publisher->count; i++) {
		uint64_t place = publisher->published++ & timeline->mask;

		timeline->entries[place] = publisher->entries[i];
		timeline->lengths[place] = publisher->lengths[i];
		timeline->owners[place] = publisher->entries[i].lane;
	}
	publisher->count = 0;
	atomic_store_explicit(&timeline->published, publisher->published, memory_order_release);
	return true;
}
