/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/closer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

/* With the lock. The part's rows become the caller's. */
static struct store_part *
pop(struct store_closer *closer, uint8_t **rows, size_t *size, bool *finished)
{
	struct store_part *part = closer->first;

	closer->first = part->next;
	if (!closer->first)
		closer->last = &closer->first;
	part->queued = false;
	*rows = part->rows;
	*size = part->rows_size;
	part->rows = NULL;
	part->rows_size = part->rows_room = 0;
	*finished = part->finished;
	return part;
}

static void
finish(struct store_closer *closer, struct store_part *part)
{
	struct store_file file;

	if (store_part_close(part, &file))
		store_shelf_add(closer->shelf, &file);
	store_part_free(part);
	store_board_add(&closer->board->closed, 1);
}

/* With the lock, which it leaves while a disk may be waited for. */
static void
work(struct store_closer *closer)
{
	if (closer->first) {
		bool finished;
		uint8_t *rows;
		size_t size;
		struct store_part *part = pop(closer, &rows, &size, &finished);

		pthread_mutex_unlock(&closer->lock);
		store_part_index(part, rows, size);
		free(rows);
		if (finished)
			finish(closer, part);
		pthread_mutex_lock(&closer->lock);
		closer->waiting -= finished;
		closer->sweep |= finished;
		return;
	}
	closer->sweep = false;
	bool open = closer->open;
	uint64_t bytes = closer->open_bytes;

	pthread_mutex_unlock(&closer->lock);
	/* How full a disk is is no function of what a run offline was given. */
	store_shelf_sweep(closer->shelf, open, bytes, closer->runs);
	pthread_mutex_lock(&closer->lock);
}

static bool
has_work(const struct store_closer *closer)
{
	return closer->first || closer->sweep;
}

static void *
run(void *argument)
{
	struct store_closer *closer = argument;

	pthread_setname_np(pthread_self(), "capture-close");
	pthread_mutex_lock(&closer->lock);
	while (!closer->stop || has_work(closer)) {
		closer->busy = has_work(closer);
		if (closer->busy)
			work(closer);
		else
			pthread_cond_wait(&closer->changed, &closer->lock);
	}
	closer->busy = false;
	pthread_mutex_unlock(&closer->lock);
	return NULL;
}

int
store_closer_open(struct store_closer *closer, struct store_shelf *shelf, struct store_board *board,
		  bool offline)
{
	int ret;

	*closer = (struct store_closer){.shelf = shelf, .board = board};
	closer->last = &closer->first;
	pthread_mutex_init(&closer->lock, NULL);
	pthread_cond_init(&closer->changed, NULL);
	if (offline)
		return 0;
	closer->runs = true;
	ret = pthread_create(&closer->thread, NULL, run, closer);
	closer->runs = ret == 0;
	return -ret;
}

/* With the lock; leaves it. */
static void
wake(struct store_closer *closer)
{
	while (!closer->runs && has_work(closer))
		work(closer);
	pthread_cond_signal(&closer->changed);
	pthread_mutex_unlock(&closer->lock);
}

/* With the lock. */
static void
push(struct store_closer *closer, struct store_part *part)
{
	if (part->queued)
		return;
	part->queued = true;
	part->next = NULL;
	*closer->last = part;
	closer->last = &part->next;
}

bool
store_closer_index(struct store_closer *closer, struct store_part *part, const uint8_t *rows,
		   size_t size)
{
	size_t room;
	uint8_t *grown;

	pthread_mutex_lock(&closer->lock);
	room = part->rows_size + size;
	if (room > part->rows_room) {
		grown = realloc(part->rows, 2 * room);
		if (!grown) {
			pthread_mutex_unlock(&closer->lock);
			return false;
		}
		part->rows = grown;
		part->rows_room = 2 * room;
	}
	memcpy(part->rows + part->rows_size, rows, size);
	part->rows_size += size;
	push(closer, part);
	wake(closer);
	return true;
}

void
store_closer_finish(struct store_closer *closer, struct store_part *part)
{
	pthread_mutex_lock(&closer->lock);
	part->finished = true;
	closer->waiting++;
	closer->open = false;
	closer->open_bytes = 0;
	push(closer, part);
	wake(closer);
}

void
store_closer_sweep(struct store_closer *closer, bool open, uint64_t open_bytes)
{
	pthread_mutex_lock(&closer->lock);
	closer->open = open;
	closer->open_bytes = open_bytes;
	closer->sweep = true;
	wake(closer);
}

bool
store_closer_is_full(struct store_closer *closer)
{
	bool full;

	pthread_mutex_lock(&closer->lock);
	full = closer->waiting >= STORE_CLOSER_MAX;
	pthread_mutex_unlock(&closer->lock);
	return full;
}

bool
store_closer_is_idle(struct store_closer *closer)
{
	bool idle;

	pthread_mutex_lock(&closer->lock);
	idle = !closer->busy && !has_work(closer);
	pthread_mutex_unlock(&closer->lock);
	return idle;
}

void
store_closer_close(struct store_closer *closer)
{
	pthread_mutex_lock(&closer->lock);
	closer->stop = true;
	pthread_cond_signal(&closer->changed);
	pthread_mutex_unlock(&closer->lock);
	if (closer->runs)
		pthread_join(closer->thread, NULL);
	pthread_cond_destroy(&closer->changed);
	pthread_mutex_destroy(&closer->lock);
}
