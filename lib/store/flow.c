/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/log.h"
#include "core/opener.h"
#include "core/units.h"
#include "format/write.h"
#include "store/fill.h"

#include "core/banned.h"

/* Names that are taken before it is a disk that takes no files. */
#define RENUMBER_MAX 1000

/* Written at one time; so long pieces keep a disk busy. */
#define PIECE_MAX (8u << 20)
#define ROWS_MAX (PIECE_MAX / STORE_BLOCK_SIZE)

void
store_flow_state(struct store *store)
{
	enum store_state state = store->ended                 ? STORE_ENDED
				 : store->broken              ? STORE_BROKEN
				 : store->part || store->open ? STORE_RECORDING
							      : STORE_WAITING;

	if (state != store->board.numbers.state)
		store_board_state(&store->board, state, "");
}

void
store_flow_forget(struct store *store, struct store_part *part)
{
	for (unsigned slot = 0; slot < STORE_SLOTS; slot++)
		store->carried[slot] += part->counts[slot].given;
	store_part_free(part);
}

static void
finish_open(struct store *store)
{
	store_board_file(&store->board, "");
	store_closer_finish(&store->closer, store->open);
	store->open = NULL;
	store_flow_state(store);
}

/* Drops what waits to be written, of all parts. Those that nobody opened are forgotten. */
static void
drop_all(struct store *store)
{
	struct store_block *block;

	while ((block = store_ring_first(&store->ring)) && block->part) {
		struct store_part *part = block->part;

		store_fill_drop(store, STORE_FAILED);
		if (--part->blocks == 0 && part != store->open && part != store->part)
			store_flow_forget(store, part);
	}
	if (store->part && store->part != store->open)
		store_flow_forget(store, store->part);
	store->part = NULL;
}

static void
breaks(struct store *store, const char *path, int error)
{
	if (!store->told)
		log_error(
			"capture %s: %s can't be written: %s; packets are dropped (capture-failed)"
			" until its disk takes files again, which is tried each second",
			store->setup.name, path, strerror(-error));
	store->told = true;
	store->broken = true;
	store->retry_ns = store->mono_ns + UINT64_C(1000000000);
	drop_all(store);
	if (store->open) {
		store->open->failed = true;
		finish_open(store);
	}
	store_board_state(&store->board, STORE_BROKEN, strerror(-error));
}

/* A file that nobody has, or -EEXIST. Once it has the name with ".part", whoever else wanted that
 * without it has it already, and is seen. */
static int
create(struct store *store, struct store_part *part, char *path, size_t size)
{
	char whole[STORE_PATH_MAX];
	int fd;

	if (!store_part_path(part, true, whole, sizeof(whole)) ||
	    !store_part_path(part, false, path, size))
		return -ENAMETOOLONG;
	fd = saver_create(&store->saver, path, &part->direct);
	if (fd < 0 || access(whole, F_OK) < 0)
		return fd;
	close(fd);
	opener_remove(path, OPENER_PATIENCE_MS);
	return -EEXIST;
}

static void
open_part(struct store *store, struct store_part *part)
{
	char path[STORE_PATH_MAX];

	/* A capture of the same name that ended may still write what it held. */
	for (unsigned i = 0; i < RENUMBER_MAX; i++) {
		part->fd = create(store, part, path, sizeof(path));
		if (part->fd != -EEXIST)
			break;
		store_part_renumber(part);
	}
	if (part->fd < 0) {
		breaks(store, path, part->fd);
		return;
	}
	if (store->number <= part->number)
		store->number = part->number + 1;
	if (!part->direct && store->setup.direct && !store->setup.offline && !store->told_plain) {
		log_info("capture %s: %s is written through the page cache: %s", store->setup.name,
			 store->setup.directory,
			 store->saver.direct ? "its file system has no O_DIRECT"
					     : "the kernel does not let it use io_uring");
		store->told_plain = true;
	}
	store->open = part;
	store_board_add(&store->board.numbers.files, 1);
	store_board_file(&store->board, path);
	store->save = (struct save){.fd = part->fd, .bytes = part->head, .length = part->head_size};
	store->run = 0;
	store->saving = true;
	saver_start(&store->saver, &store->save);
}

/* What waited for a trigger, and no longer does. */
static void
pass_stale(struct store *store)
{
	struct store_block *first;

	while (store_writes(store) && (first = store_ring_first(&store->ring)) && !first->part &&
	       first->closed)
		store_fill_drop(store, STORE_PASSED);
}

static bool
write_blocks(struct store *store)
{
	struct store_block *first = store_ring_first(&store->ring);
	uint32_t length;
	unsigned run = store_ring_run(&store->ring, PIECE_MAX, &length);

	if (run == 0)
		return false;
	if (!store->open || first->part != store->open) {
		open_part(store, first->part);
		return true;
	}
	store->save = (struct save){.fd = store->open->fd,
				    .bytes = first->bytes,
				    .length = length,
				    .offset = store->open->good};
	store->run = run;
	store->saving = true;
	saver_start(&store->saver, &store->save);
	return true;
}

/* The first block is on the disk. */
static void
stored(struct store *store, struct store_block *block)
{
	struct store_part *part = block->part;

	for (unsigned slot = 0; slot < STORE_SLOTS; slot++)
		if (block->slots & UINT64_C(1) << slot) {
			store_board_store(&store->board, slot, block->shares[slot].packets,
					  block->shares[slot].bytes);
			part->counts[slot].stored += block->shares[slot].packets;
		}
	if (block->first_ns < part->first_ns)
		part->first_ns = block->first_ns;
	if (block->last_ns > part->last_ns)
		part->last_ns = block->last_ns;
	part->stored += block->packets;
	part->good += block->used;
	part->blocks--;
	store->ring.tail++;
}

static void
blocks_saved(struct store *store)
{
	uint8_t rows[ROWS_MAX * INDEX_ROW_SIZE];
	uint32_t left = store->save.done;
	size_t used = 0;

	for (unsigned i = 0; i < store->run; i++) {
		struct store_block *block = store_ring_first(&store->ring);

		if (block->used > left)
			break;
		left -= block->used;
		memcpy(rows + used, block->row, INDEX_ROW_SIZE);
		used += INDEX_ROW_SIZE;
		stored(store, block);
	}
	if (used == 0)
		return;
	store_closer_index(&store->closer, store->open, rows, used);
	store_board_direct(&store->board, store->open->direct && store->saver.direct);
	if (store_shelf_is_over(&store->shelf, true, store->open->good))
		store_closer_sweep(&store->closer, true, store->open->good);
	if (store->told)
		log_info("capture %s: %s takes files again; %s packet%s were dropped meanwhile",
			 store->setup.name, store->setup.directory, units_count(store->failed).text,
			 units_plural(store->failed));
	store->told = false;
	store->failed = 0;
}

static void
saved(struct store *store)
{
	char path[STORE_PATH_MAX];

	store->saving = false;
	if (store->run)
		blocks_saved(store);
	else if (store->save.state == SAVE_DONE)
		store->open->good = store->save.done;
	if (store->save.state == SAVE_DONE)
		return;
	store_part_path(store->open, false, path, sizeof(path));
	breaks(store, path, store->save.error);
}

void
store_flow(struct store *store)
{
	for (;;) {
		if (store->saving) {
			saver_poll(&store->saver, 0);
			if (store->save.state == SAVE_UNDER_WAY)
				break;
			saved(store);
		}
		if (store->open && store->open->cut && store->open->blocks == 0)
			finish_open(store);
		pass_stale(store);
		if (!write_blocks(store))
			break;
	}
	store_board_set(&store->board.numbers.blocks_used, store->ring.head - store->ring.tail);
}

/* 0, or a negative errno. */
static int
try_disk(const struct store *store)
{
	uint8_t bytes[STORE_ALIGN] = {0};
	char path[STORE_PATH_MAX];
	struct statfs status;
	int fd, ret = 0;

	if (statfs(store->setup.directory, &status) < 0)
		return -errno;
	if ((uint64_t)status.f_bavail * (uint64_t)status.f_bsize < 2 * STORE_BLOCK_SIZE)
		return -ENOSPC;
	if ((size_t)snprintf(path, sizeof(path), "%s/.%s.try.pcapng", store->setup.directory,
			     store->setup.name) >= sizeof(path))
		return -ENAMETOOLONG;
	fd = opener_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, OPENER_BRIEFLY_MS);
	if (fd < 0)
		return -errno;
	format_write_section(bytes, NULL,
			     NULL); /* one that stayed can be taken for no other file */
	if (write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
		ret = -ENOSPC;
	close(fd);
	opener_remove(path, OPENER_PATIENCE_MS);
	return ret;
}

void
store_flow_retry(struct store *store)
{
	int ret;

	if (!store->broken || store->mono_ns < store->retry_ns)
		return;
	store->retry_ns = store->mono_ns + UINT64_C(1000000000);
	ret = try_disk(store);
	if (ret < 0) {
		store_board_state(&store->board, STORE_BROKEN, strerror(-ret));
		return;
	}
	store->broken = false;
	store_flow_state(store);
}
