/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fill: blocks of a store from their first packet until they are closed, and how they leave without
 * having been written. The store's thread.
 */
#ifndef STORE_FILL_H
#define STORE_FILL_H

#include "store/inside.h"

/* Writes the packet into the open block, which has room for it. */
struct format_write_packet;
void store_fill_packet(struct store *store, struct store_block *block,
		       const struct rte_mbuf *packet, const struct store_packet *about,
		       const struct format_write_packet *write);

/* Closes the block; one of a part is sealed and filled up. */
void store_fill_close(struct store *store, struct store_block *block);

/* The block, which had none, is the part's. */
void store_fill_assign(struct store_block *block, struct store_part *part);

/* The packet is lost. False. */
bool store_fill_lose(struct store *store, unsigned slot, uint32_t bytes, enum store_loss why);

/* So are all of the first block, which is free then. */
void store_fill_drop(struct store *store, enum store_loss why);

/* Drops blocks of no part whose packets all came before. */
void store_fill_pass(struct store *store, uint64_t before_ns);

#endif
