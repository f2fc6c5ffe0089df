/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shelf: the files of a capture that are there, and which of them have to go. Any thread; nobody
 * holds its lock while a disk is waited for.
 */
#ifndef STORE_SHELF_H
#define STORE_SHELF_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct store_shelf {
	const char *name, *directory; /* the capture's */
	pthread_mutex_t lock;         /* of all that follows */
	struct store_file *files;     /* by their numbers */
	unsigned count, room;
	uint64_t whole, whole_bytes; /* of those without ".part" */
	uint64_t keep_files, keep_size, keep_free;
	uint64_t removed;
};

/* Looks through the directory. *next: a number that no file has yet. 0, or a negative errno. */
int store_shelf_open(struct store_shelf *shelf, const char *name, const char *directory,
		     uint64_t *next);
void store_shelf_close(struct store_shelf *shelf);

void store_shelf_keep(struct store_shelf *shelf, const struct store_terms *terms);

/* Another file. Without memory it is on the disk, but not in lists. */
void store_shelf_add(struct store_shelf *shelf, const struct store_file *file);

/* Removes the oldest whole files while there are too many, with another one of so many bytes. free:
 * the disk is asked how much room it has, too. */
void store_shelf_sweep(struct store_shelf *shelf, bool open, uint64_t open_bytes, bool free);

/* Whether it would. Without the disk being asked. */
bool store_shelf_is_over(struct store_shelf *shelf, bool open, uint64_t open_bytes);

unsigned store_shelf_list(struct store_shelf *shelf, struct store_file *files, unsigned room);
uint64_t store_shelf_removed(struct store_shelf *shelf);

#endif
