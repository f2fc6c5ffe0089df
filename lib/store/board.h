/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Board: what a store publishes. Numbers are written by the store's thread alone, with plain
 * stores; texts behind a lock that nobody holds for long.
 */
#ifndef STORE_BOARD_H
#define STORE_BOARD_H

#include <pthread.h>

#include "store/store.h"

struct store_board {
	struct store_numbers numbers; /* all but what the lock is for */
	uint64_t closed;              /* by whoever closes */
	pthread_mutex_t lock;         /* of reason and file */
};

void store_board_open(struct store_board *board);
void store_board_close(struct store_board *board);

/* Of a counter that one thread writes. */
static inline void
store_board_add(uint64_t *counter, uint64_t count)
{
	__atomic_store_n(counter, *counter + count, __ATOMIC_RELEASE);
}

static inline void
store_board_set(uint64_t *number, uint64_t value)
{
	__atomic_store_n(number, value, __ATOMIC_RELAXED);
}

static inline void
store_board_take(struct store_board *board, unsigned slot, uint32_t bytes)
{
	struct store_count *count = &board->numbers.slots[slot];

	store_board_add(&count->taken_packets, 1);
	store_board_add(&count->taken_bytes, bytes);
}

static inline void
store_board_lose(struct store_board *board, unsigned slot, enum store_loss why, uint64_t packets,
		 uint64_t bytes)
{
	struct store_count *count = &board->numbers.slots[slot];

	store_board_add(&count->lost_packets[why], packets);
	store_board_add(&count->lost_bytes[why], bytes);
}

static inline void
store_board_store(struct store_board *board, unsigned slot, uint64_t packets, uint64_t bytes)
{
	struct store_count *count = &board->numbers.slots[slot];

	store_board_add(&count->stored_packets, packets);
	store_board_add(&count->stored_bytes, bytes);
}

void store_board_state(struct store_board *board, enum store_state state, const char *reason);
void store_board_file(struct store_board *board, const char *path);
void store_board_direct(struct store_board *board, bool direct);

void store_board_read(struct store_board *board, struct store_numbers *out);

#endif
