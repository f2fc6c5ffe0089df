/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Saver: writes pieces of memory to files: with io_uring and O_DIRECT where kernel and file system
 * have them, else one by one through the page cache, whose pages it gives back. One thread uses it.
 *
 * A file that grows is written in order, a piece at a time: of two that are under way at once the
 * second may be on disk alone when the process is killed, with zeros before it, and then the file
 * can't be read behind them. Pieces of several files may be under way together. So a piece should
 * be long: that is what keeps a disk busy.
 */
#ifndef DISK_SAVER_H
#define DISK_SAVER_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

/* What memory, offsets and lengths are multiples of. */
#define SAVER_ALIGN 4096

enum save_state { SAVE_NONE, SAVE_UNDER_WAY, SAVE_DONE, SAVE_FAILED };

/* One piece. It must stay where it is until it is no longer under way. */
struct save {
	int fd;               /* of saver_create */
	const uint8_t *bytes; /* of the saver's memory, or any other */
	uint32_t length;
	uint64_t offset; /* in the file */
	enum save_state state;
	uint32_t done; /* bytes from the first on that the file has; of SAVE_FAILED, too */
	int error;     /* of SAVE_FAILED: negative errno */
};

struct saver {
	const uint8_t *bytes;
	uint64_t size;
	bool ready;  /* there is a ring, */
	bool fixed;  /* the memory is registered with it, */
	bool direct; /* and it is what writes, unless a file system does not take it */
	unsigned under_way, unsubmitted;
	struct io_uring ring;
};

/* depth: pieces under way at one time; the pieces' memory, SAVER_ALIGN aligned, is best the size
 * bytes given. want_direct false: plain writes. */
void saver_open(struct saver *saver, const uint8_t *bytes, uint64_t size, unsigned depth,
		bool want_direct);

/* Creates a file, which must not be there. *direct: it is written past the page cache. Returns a
 * descriptor, or a negative errno. */
int saver_create(const struct saver *saver, const char *path, bool *direct);

/* Begins to write. A plain write is over when this returns. */
void saver_start(struct saver *saver, struct save *save);

/* Takes note of what has been written, waiting at most wait_ns for something to be. Returns 0, or a
 * negative errno when the kernel no longer takes requests. Without a system call when wait_ns is 0
 * and nothing was begun since. */
int saver_poll(struct saver *saver, uint64_t wait_ns);

/* Nothing may be under way. */
void saver_close(struct saver *saver);

#endif
