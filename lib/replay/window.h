/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Window: the blocks of the arena that hold one file. The file is cut into pieces of WINDOW_STEP
 * bytes, and a block holds one of them and the first WINDOW_TAIL bytes of the next, so that a
 * record which begins in a piece lies whole in its block.
 *
 * Resident: every piece stays where it is, and small files share a block. Otherwise blocks are
 * filled again when every packet in them has left, with whatever file comes next: no window has
 * blocks of its own. The pieces ahead are read while one is parsed, as long as half of the blocks
 * are left for pieces whose time it is. The reader's thread only.
 *
 * What is in a compressed file is unpacked piece by piece, each when it is wanted; how much it is
 * shows at its end. Unless that was seen when it was opened it is not resident, and begins again at
 * its first byte for every loop and seek.
 */
#ifndef REPLAY_WINDOW_H
#define REPLAY_WINDOW_H

#include "capture/file.h"
#include "disk/loader.h"
#include "replay/timeline.h"

/* Longer than a record of 65,535 bytes with all that a format puts around it. */
#define WINDOW_TAIL (UINT64_C(68) << 10)
#define WINDOW_STEP (DISK_BLOCK_SIZE - WINDOW_TAIL)
#define WINDOW_DEPTH 8

struct window {
	struct timeline *timeline;
	struct loader *loader;
	struct capture_file *file;
	uint64_t pieces;
	bool resident;
	bool rests;      /* the file is open only while it is read: there are many */
	unsigned denied; /* times that it could not be opened, in a row */
	unsigned base;   /* resident: the first of its blocks, */
	uint32_t at;     /* and where in it the file begins; small ones share a block */
	unsigned *ahead; /* blocks that all windows together hold of pieces ahead of their time */
	unsigned cursor; /* where to look for a free one */
	bool *present;   /* resident: pieces that have been read */
	uint64_t first, next; /* pieces that have a load */
	struct load loads[WINDOW_DEPTH];
	uint32_t unpublished; /* packets of the first piece that its block doesn't count yet */
};

uint64_t window_pieces(uint64_t file_size);

/* Places a resident file behind others, of which *end is the end in the arena, and moves that
 * on. */
void window_place(struct window *window, uint64_t *end);

/* Its file must stand in it. 0 or -ENOMEM. */
int window_open(struct window *window, struct timeline *timeline, struct loader *loader,
		unsigned *ahead, bool resident);
void window_close(struct window *window);

/* Gives up all pieces; the next one may be any. Nothing may be under way. */
void window_drop(struct window *window);

/* Gives up the pieces before this one and begins to read it and those behind. Returns 0 when it is
 * there, -EAGAIN when not yet, or why it can't be read. */
int window_go(struct window *window, uint64_t piece);

/* Begins to read what there is room for. */
void window_fill(struct window *window);

/* Gives back the block of the last piece that is ahead of its time and not under way. False: there
 * is none. */
bool window_yield(struct window *window);

/* Counts the packets taken so far in their block; before they are published. */
void window_settle(struct window *window);

static inline unsigned
window_block(const struct window *window)
{
	return window->loads[window->first % WINDOW_DEPTH].block;
}

/* Of the piece that window_go went to: where it lies in the arena, and how much of it there is. */
static inline uint8_t *
window_bytes(const struct window *window)
{
	return window->timeline->arena + window_block(window) * DISK_BLOCK_SIZE + window->at;
}

static inline uint32_t
window_length(const struct window *window)
{
	return window->loads[window->first % WINDOW_DEPTH].length;
}

#endif
