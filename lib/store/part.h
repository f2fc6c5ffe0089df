/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Part: a file of a capture, from its first packet until it is closed. The store's thread fills and
 * writes it and then gives it to the closer (closer.h), which closes and frees it.
 */
#ifndef STORE_PART_H
#define STORE_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "format/index.h"
#include "store/ports.h"
#include "store/store.h"

#define STORE_PART_SUFFIX ".part"
#define STORE_PART_NAME_MAX 256

/* Of a slot's packets that came while this was the file. */
struct store_part_count {
	uint64_t given, stored;
	uint64_t first_ns, last_ns;
};

struct store_part {
	/* By whoever puts packets. */
	uint64_t number;
	char name[STORE_PART_NAME_MAX];  /* without ".part" */
	const char *directory, *capture; /* the store's */
	uint64_t packets;                /* that were put into its blocks, */
	uint64_t length;                 /* bytes of its head and of its closed blocks */
	uint64_t until_ns;               /* when its time is over */
	uint32_t tail_room;              /* the most bytes that stand behind its blocks */
	unsigned blocks;                 /* that are not written yet */
	bool cut;                        /* no more will come */
	struct store_part_count counts[STORE_SLOTS];
	struct store_ports ports; /* as it began */
	struct index_writer index;

	/* By whoever writes. */
	int fd;
	bool direct;
	uint8_t *head; /* what it begins with, SAVER_ALIGN aligned */
	uint32_t head_size;
	uint64_t good; /* bytes that the disk has, of whole blocks */
	uint64_t stored, first_ns, last_ns;
	bool failed; /* there may be more bytes behind the good ones */

	/* Of the index; the closer's lock, but for what was taken from there. */
	uint8_t *rows;
	size_t rows_size, rows_room;
	uint64_t index_length;
	int index_fd;
	bool index_failed;

	/* The closer's. */
	bool queued, finished;
	struct store_part *next;
};

/* A part that begins with a packet of this time; nothing is opened. NULL: no memory. */
struct store_part *store_part_make(const struct store_setup *setup, const struct store_ports *ports,
				   uint32_t snap, uint64_t number, uint64_t time_ns);

/* The next number, for one that was not opened yet: a file has the name that it had. */
void store_part_renumber(struct store_part *part);

/* Writes its path, with ".part" or without. False: it does not fit. */
bool store_part_path(const struct store_part *part, bool whole, char *path, size_t size);

/* Appends rows to its index. */
void store_part_index(struct store_part *part, const uint8_t *rows, size_t size);

/* Closes it: cuts what is not whole, writes statistics, and gives it its name once all is on disk;
 * one without packets is removed. What became of it is logged, and in *out. False: there is none.
 * The part stays the caller's. */
bool store_part_close(struct store_part *part, struct store_file *out);

void store_part_free(struct store_part *part);

#endif
