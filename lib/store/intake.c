/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/intake.h"

#include <rte_mbuf.h>

#include "format/write.h"
#include "store/fill.h"
#include "store/flow.h"

#include "core/banned.h"

/* While a trigger is waited for a block is closed when it has this part of the time that is kept:
 * so it is a part of it by which more is kept. */
#define BEFORE_PARTS 4

void
store_intake_cut(struct store *store)
{
	struct store_part *part = store->part;
	struct store_block *block = store_ring_open(&store->ring);

	if (!part)
		return;
	if (block && block->part == part)
		store_fill_close(store, block);
	store->part = NULL;
	part->cut = true;
	if (part->packets == 0)
		store_flow_forget(store, part);
	store_flow(store);
	store_flow_state(store);
}

static bool
begin(struct store *store, uint64_t time_ns)
{
	uint64_t every = store->terms.rotate_every_ns, from = time_ns;
	struct store_part *part = store_part_make(&store->setup, &store->ports, store->terms.snap,
						  store->number, time_ns);

	if (!part)
		return false;
	/* A packet that was late for the part before does not end this one at once. */
	if (from < store->floor_ns)
		from = store->floor_ns;
	if (every && from / every < UINT64_MAX / every)
		part->until_ns = (from / every + 1) * every;
	for (unsigned slot = 0; slot < STORE_SLOTS; slot++) {
		part->counts[slot].given = store->carried[slot];
		store->carried[slot] = 0;
	}
	store->number++;
	store->part = part;
	store_flow_state(store);
	return true;
}

/* Whether the part has no room for `packets` more, of so many bytes. */
static bool
is_full(const struct store *store, uint32_t size, uint32_t packets)
{
	const struct store_part *part = store->part;
	const struct store_block *block = store_ring_open(&store->ring);
	uint64_t used = block && block->part == part ? block->used : 0;

	if (part->packets == 0)
		return false;
	if (store->terms.rotate_packets && part->packets + packets > store->terms.rotate_packets)
		return true;
	return store->terms.rotate_size &&
	       part->length + used + size + INDEX_SEAL_MAX + part->tail_room >
		       store->terms.rotate_size;
}

void
store_intake_cut_by_time(struct store *store, uint64_t time_ns)
{
	uint64_t every = store->terms.rotate_every_ns;

	if (!store->part || time_ns < store->part->until_ns || store_closer_is_full(&store->closer))
		return;
	store->floor_ns = every ? time_ns / every * every : 0;
	store_intake_cut(store);
}

void
store_intake_follow(struct store *store, uint64_t time_ns)
{
	uint64_t before = store->terms.before_ns;

	if (store->recording && time_ns > store->until_ns) {
		store->recording = false;
		store_intake_cut(store);
	}
	if (!store->recording && time_ns > before)
		store_fill_pass(store, time_ns - before);
}

/* A free block, where there is one; what only waits for a trigger makes room. */
static struct store_block *
begin_block(struct store *store)
{
	struct store_block *block = store_ring_begin(&store->ring), *first;

	if (!block) {
		store_flow(store);
		first = store_ring_first(&store->ring);
		if (store->broken && store_writes(store))
			return NULL;
		if (first && !first->part && first->closed)
			store_fill_drop(store, STORE_PASSED);
		block = store_ring_begin(&store->ring);
	}
	if (!block)
		return NULL;
	block->begun_ns = store->mono_ns;
	block->part = store->part;
	if (store->part)
		store->part->blocks++;
	return block;
}

/* The block that takes so many bytes of this time, or NULL. */
static struct store_block *
room(struct store *store, uint32_t size, uint64_t time_ns)
{
	struct store_block *block = store_ring_open(&store->ring);
	uint64_t span = store->terms.before_ns / BEFORE_PARTS;

	if (block && block->used + size + INDEX_SEAL_MIN <= STORE_BLOCK_SIZE &&
	    (block->part || time_ns < block->first_ns || time_ns - block->first_ns <= span))
		return block;
	if (block) {
		store_fill_close(store, block);
		store_flow(store);
		if (store->broken && store_writes(store))
			return NULL;
	}
	/* What the disk did not take is dropped with its part. */
	return store_writes(store) && !store->part && !begin(store, time_ns) ? NULL
									     : begin_block(store);
}

bool
store_put(struct store *store, const struct rte_mbuf *packet, const struct store_packet *about)
{
	uint32_t whole = rte_pktmbuf_pkt_len(packet);
	struct format_write_packet write = {.time_ns = about->time_ns,
					    .interface = store->ports.of_slot[about->slot],
					    .length = RTE_MIN(whole, store->terms.snap),
					    .wire_length = RTE_MAX(whole, about->wire_length),
					    .flags = about->direction,
					    .id = about->id,
					    .lost = store->lost[about->slot]};
	uint32_t size = format_write_packet_size(&write);
	struct store_block *block;

	store_board_take(&store->board, about->slot, write.length);
	if (store->terms.triggered)
		store_intake_follow(store, about->time_ns);
	if (!store_writes(store) && store->terms.before_ns == 0)
		return store_fill_lose(store, about->slot, write.length, STORE_PASSED);
	if (store->part)
		store_intake_cut_by_time(store, about->time_ns);
	if (store->part && is_full(store, size, 1) && !store_closer_is_full(&store->closer))
		store_intake_cut(store);
	if (store->ended || (store->broken && store_writes(store)))
		return store_fill_lose(store, about->slot, write.length, STORE_FAILED);
	block = room(store, size, about->time_ns);
	if (!block)
		return store_fill_lose(store, about->slot, write.length,
				       store->broken ? STORE_FAILED : STORE_FULL);
	store_fill_packet(store, block, packet, about, &write);
	return true;
}

bool
store_rotate(struct store *store)
{
	bool any = store->part && store->part->packets > 0;

	store_intake_cut(store);
	return any;
}

/* What was kept for the trigger goes to files. */
static void
release(struct store *store)
{
	struct store_ring *ring = &store->ring;

	for (uint64_t at = ring->tail; at < ring->head; at++) {
		struct store_block *block = store_ring_at(ring, at);

		if (block->part)
			continue;
		if (store->part && is_full(store, block->used, block->packets)) {
			store->part->cut = true;
			store->part = NULL;
		}
		if (!store->part && !begin(store, block->first_ns)) {
			/* Without memory it passes, see store_flow. */
			block->closed = true;
			continue;
		}
		store_fill_assign(block, store->part);
		if (block->closed)
			store_fill_close(store, block);
	}
}

bool
store_trigger(struct store *store, uint64_t time_ns)
{
	uint64_t after = store->terms.after_ns, until_ns;

	if (!store->terms.triggered)
		return false;
	store_intake_follow(store, time_ns);
	until_ns = after > UINT64_MAX - time_ns ? UINT64_MAX : time_ns + after;
	if (!store->recording || until_ns > store->until_ns)
		store->until_ns = until_ns;
	store->recording = true;
	release(store);
	store_flow(store);
	return true;
}
