/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loader: reads pieces of files into blocks: several at a time with io_uring and O_DIRECT
 * where kernel and file system have them, else one by one through the page cache, whose pages it
 * gives back. One thread at a time uses it, another may make and free it.
 */
#ifndef DISK_LOADER_H
#define DISK_LOADER_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "disk/blocks.h"

/* What O_DIRECT wants offsets and lengths to be multiples of. */
#define LOADER_ALIGN 4096

enum load_state { LOAD_NONE, LOAD_UNDER_WAY, LOAD_DONE, LOAD_FAILED };

/* One piece. It must stay where it is until it is no longer under way. */
struct load {
	int direct, plain; /* descriptors of one file, with O_DIRECT (-1: none) and without */
	unsigned block;    /* where it goes, */
	uint32_t at;       /* and where in it, a multiple of LOADER_ALIGN */
	uint32_t length;   /* not beyond the end of the file */
	uint64_t offset;   /* in the file, a multiple of LOADER_ALIGN */
	enum load_state state;
	int error; /* of LOAD_FAILED: negative errno; -ENODATA: the file ends before */
};

struct loader {
	const struct disk_blocks *blocks;
	bool ready;          /* there is a ring */
	bool fixed;          /* the blocks are registered with it */
	_Atomic bool direct; /* and it is what reads */
	unsigned under_way, unsubmitted;
	struct io_uring ring;
};

/* depth: pieces under way at one time. want_direct false: plain reads. */
void loader_open(struct loader *loader, const struct disk_blocks *blocks, unsigned depth,
		 bool want_direct);

/* Begins to read. A plain read is over when this returns. */
void loader_start(struct loader *loader, struct load *load);

/* Takes note of what has been read, waiting at most wait_ns for something to be. Returns 0, or a
 * negative errno when the kernel no longer takes requests. */
int loader_poll(struct loader *loader, uint64_t wait_ns);

/* Waits until nothing is under way. */
void loader_drain(struct loader *loader);

void loader_close(struct loader *loader);

#endif
