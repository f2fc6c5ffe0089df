/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/fill.h"

#include <rte_mbuf.h>
#include <string.h>

#include "format/write.h"
#include "packet/excerpt.h"

#include "core/banned.h"

/* A block with less left than this is filled up, so that the next one lies right behind it in the
 * file as in memory, and both are one piece to write. */
#define FILL_UP (16u << 10)

/* Of a packet's block: type, size, interface, time (higher half first), length. */
enum { AT_SIZE = 4, AT_TIME = 12, AT_LENGTH = 20 };

static void
count_time(struct store_part_count *count, uint64_t ns)
{
	if (ns < count->first_ns)
		count->first_ns = ns;
	if (ns > count->last_ns)
		count->last_ns = ns;
}

static struct store_share *
share_of(struct store_block *block, unsigned slot)
{
	if (!(block->slots & UINT64_C(1) << slot)) {
		block->slots |= UINT64_C(1) << slot;
		block->shares[slot] = (struct store_share){0};
	}
	return &block->shares[slot];
}

void
store_fill_packet(struct store *store, struct store_block *block, const struct rte_mbuf *packet,
		  const struct store_packet *about, const struct format_write_packet *write)
{
	struct store_share *share = share_of(block, about->slot);
	struct store_part *part = block->part;

	packet_excerpt(packet, format_write_packet(block->bytes + block->used, write),
		       write->length);
	block->used += format_write_packet_size(write);
	block->packets++;
	if (about->time_ns < block->first_ns)
		block->first_ns = about->time_ns;
	if (about->time_ns > block->last_ns)
		block->last_ns = about->time_ns;
	share->packets++;
	share->bytes += write->length;
	share->told += write->lost;
	store->lost[about->slot] = 0;
	if (!part)
		return;
	index_packet(&part->index, about->time_ns, write->length);
	count_time(&part->counts[about->slot], about->time_ns);
	part->counts[about->slot].given++;
	part->packets++;
}

void
store_fill_close(struct store *store, struct store_block *block)
{
	struct store_part *part = block->part;
	uint32_t left = STORE_BLOCK_SIZE - block->used, padding = 0, size;
	uint64_t at;

	(void)store;
	block->closed = true;
	if (!part)
		return;
	at = part->length + block->used;
	size = index_seal_size(at, STORE_ALIGN);
	/* Both end at a multiple, so what is between is one, too. */
	if (left < FILL_UP)
		padding = left - size;
	format_write_padding(block->bytes + block->used, padding);
	index_seal(&part->index, at + padding, block->bytes + block->used + padding, size,
		   block->row);
	block->used += padding + size;
	part->length += block->used;
}

static uint32_t
get32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

void
store_fill_assign(struct store_block *block, struct store_part *part)
{
	const uint8_t *bytes = block->bytes;

	for (uint32_t at = 0; at < block->used; at += get32(bytes + at + AT_SIZE))
		index_packet(&part->index,
			     (uint64_t)get32(bytes + at + AT_TIME) << 32 |
				     get32(bytes + at + AT_TIME + 4),
			     get32(bytes + at + AT_LENGTH));
	for (unsigned slot = 0; slot < STORE_SLOTS; slot++)
		if (block->slots & UINT64_C(1) << slot) {
			part->counts[slot].given += block->shares[slot].packets;
			count_time(&part->counts[slot], block->first_ns);
			count_time(&part->counts[slot], block->last_ns);
		}
	part->packets += block->packets;
	part->blocks++;
	block->part = part;
}

bool
store_fill_lose(struct store *store, unsigned slot, uint32_t bytes, enum store_loss why)
{
	store_board_lose(&store->board, slot, why, 1, bytes);
	/* What passed was not wanted. */
	if (why == STORE_PASSED)
		return false;
	store->lost[slot]++;
	if (why == STORE_FAILED)
		store->failed++;
	if (store->part)
		store->part->counts[slot].given++;
	else
		store->carried[slot]++;
	return false;
}

void
store_fill_drop(struct store *store, enum store_loss why)
{
	struct store_block *block = store_ring_first(&store->ring);

	for (unsigned slot = 0; slot < STORE_SLOTS; slot++) {
		const struct store_share *share = &block->shares[slot];

		if (!(block->slots & UINT64_C(1) << slot))
			continue;
		store_board_lose(&store->board, slot, why, share->packets, share->bytes);
		if (why != STORE_PASSED)
			store->lost[slot] += share->packets + share->told;
		if (why == STORE_FAILED)
			store->failed += share->packets;
	}
	store->ring.tail++;
}

void
store_fill_pass(struct store *store, uint64_t before_ns)
{
	struct store_block *block;

	while ((block = store_ring_first(&store->ring)) && !block->part &&
	       block->last_ns < before_ns)
		store_fill_drop(store, STORE_PASSED);
}
