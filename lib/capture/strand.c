/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture/strand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

#define PIECE (256u << 10)

_Static_assert(PIECE >= FORMAT_UNIT_MAX, "a record lies whole in a piece");

/* Brings what follows, from the record that did not lie whole in what was there. */
static int
refill(struct strand *strand)
{
	struct capture_file *file = &strand->file;
	ssize_t count = capture_file_wake(file);

	if (count == 0)
		count = capture_file_read(file, strand->memory + CAPTURE_LEAD, PIECE,
					  file->position, &strand->last);
	if (strand->rests)
		capture_file_rest(file);
	if (count < 0)
		return capture_file_unreadable(file, (int)count);
	strand->size = count;
	/* What was passed over is longer than the file. */
	strand->at = strand->last && file->position > file->size ? strand->size + 1 : 0;
	return 0;
}

/* The next record: 1, 0 at the end, or a negative errno. */
static int
next_record(struct strand *strand)
{
	for (;;) {
		int ret = capture_file_take(&strand->file, strand->memory + CAPTURE_LEAD,
					    strand->size, strand->last, &strand->at);

		if (ret != 0 || strand->last)
			return ret;
		ret = refill(strand);
		if (ret < 0)
			return ret;
	}
}

static int
rewind_file(struct strand *strand)
{
	struct capture_file *file = &strand->file;
	int ret = capture_file_begin(file);

	strand->size = strand->at = 0;
	strand->last = false;
	/* Records that a pipe brought with its header wait for no others. */
	if (ret == 0 && file->pipe && file->head_size > file->position) {
		strand->size = file->head_size - file->position;
		memcpy(strand->memory + CAPTURE_LEAD, file->head + file->position, strand->size);
	}
	return ret;
}

static int
begin(struct strand *strand)
{
	int ret;

	strand->memory = malloc(CAPTURE_LEAD + PIECE);
	if (!strand->memory)
		return capture_file_unreadable(&strand->file, -ENOMEM);
	ret = rewind_file(strand);
	if (ret < 0 || strand->file.lead_known)
		return ret;
	while (!strand->file.lead_known)
		capture_file_lead(&strand->file, next_record(strand));
	return rewind_file(strand);
}

static void
add(_Atomic uint64_t *count)
{
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

static void
count_record(const struct capture_file *file, struct strand_counts *counts)
{
	if (file->fate == CAPTURE_OTHER_LINK)
		add(&counts->skipped);
	else if (file->record.length < file->record.wire_length)
		add(&counts->truncated);
	if (file->fate == CAPTURE_EMPTY)
		add(&counts->empty);
	if (file->fate == CAPTURE_TOO_LONG)
		add(&counts->too_long);
	if (file->converted)
		add(&counts->converted);
}

int
strand_next(struct strand *strand, struct strand_counts *counts)
{
	int ret = strand->state == STRAND_WAITS ? begin(strand) : 0;

	if (ret < 0)
		return ret;
	while ((ret = next_record(strand)) == 1) {
		/* A record that ends behind what is in memory is none if the file ends within
		 * it. */
		if (strand->at > strand->size && !strand->last) {
			ret = refill(strand);
			if (ret < 0)
				return ret;
		}
		if (strand->at <= strand->size)
			count_record(&strand->file, counts);
		if (strand->file.fate == CAPTURE_PACKET) {
			strand->state = STRAND_LOADED;
			return 1;
		}
	}
	return ret;
}

void
strand_end(struct strand *strand)
{
	free(strand->memory);
	strand->memory = NULL;
	strand->state = STRAND_ENDED;
	capture_file_close(&strand->file);
}
