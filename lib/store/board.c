/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/board.h"

#include <stdio.h>
#include <string.h>

#include "core/banned.h"

void
store_board_open(struct store_board *board)
{
	*board = (struct store_board){0};
	pthread_mutex_init(&board->lock, NULL);
}

void
store_board_close(struct store_board *board)
{
	pthread_mutex_destroy(&board->lock);
}

void
store_board_state(struct store_board *board, enum store_state state, const char *reason)
{
	pthread_mutex_lock(&board->lock);
	board->numbers.state = state;
	snprintf(board->numbers.reason, sizeof(board->numbers.reason), "%s", reason);
	pthread_mutex_unlock(&board->lock);
}

void
store_board_file(struct store_board *board, const char *path)
{
	pthread_mutex_lock(&board->lock);
	snprintf(board->numbers.file, sizeof(board->numbers.file), "%s", path);
	pthread_mutex_unlock(&board->lock);
}

void
store_board_direct(struct store_board *board, bool direct)
{
	__atomic_store_n(&board->numbers.direct, direct, __ATOMIC_RELAXED);
}

static uint64_t
get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

/* What left first, and what came in last: nothing can have left that had not come in. */
static void
read_slot(const struct store_count *count, struct store_count *out)
{
	for (unsigned i = 0; i < STORE_LOSSES; i++) {
		out->lost_bytes[i] = get(&count->lost_bytes[i]);
		out->lost_packets[i] = get(&count->lost_packets[i]);
	}
	out->stored_bytes = get(&count->stored_bytes);
	out->stored_packets = get(&count->stored_packets);
	out->taken_bytes = get(&count->taken_bytes);
	out->taken_packets = get(&count->taken_packets);
}

void
store_board_read(struct store_board *board, struct store_numbers *out)
{
	const struct store_numbers *numbers = &board->numbers;

	for (unsigned slot = 0; slot < STORE_SLOTS; slot++)
		read_slot(&numbers->slots[slot], &out->slots[slot]);
	out->closed = get(&board->closed);
	out->files = get(&numbers->files);
	out->blocks = get(&numbers->blocks);
	out->blocks_used = get(&numbers->blocks_used);
	out->memory = out->blocks * STORE_BLOCK_SIZE;
	out->direct = __atomic_load_n(&numbers->direct, __ATOMIC_RELAXED);
	pthread_mutex_lock(&board->lock);
	out->state = numbers->state;
	memcpy(out->reason, numbers->reason, sizeof(out->reason));
	memcpy(out->file, numbers->file, sizeof(out->file));
	pthread_mutex_unlock(&board->lock);
}
