/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/window.h"

#include <errno.h>
#include <stdlib.h>

#include "core/banned.h"

/* Others that wait for a descriptor have given theirs back by then, if they are not read. */
#define DENIED_MAX 2

/* More than there can be, and not so many that their sum over all files of a replay would wrap. */
#define PIECES_UNKNOWN (UINT64_C(1) << 44)

/* NOLINTNEXTLINE(misc-redundant-expression): both are the same number today. */
_Static_assert(UNPACK_KEPT >= WINDOW_TAIL, "a piece begins in what is kept of the one before");

uint64_t
window_pieces(uint64_t file_size)
{
	if (file_size == CAPTURE_SIZE_UNKNOWN)
		return PIECES_UNKNOWN;
	if (file_size <= DISK_BLOCK_SIZE)
		return 1;
	return (file_size - WINDOW_TAIL + WINDOW_STEP - 1) / WINDOW_STEP;
}

/* The byte behind the last is for what is unpacked to show its end. */
void
window_place(struct window *window, uint64_t *end)
{
	uint64_t size = window->file->size, pieces = window_pieces(size);
	uint64_t bytes = pieces > 1 ? pieces * DISK_BLOCK_SIZE
				    : size / LOADER_ALIGN * LOADER_ALIGN + LOADER_ALIGN;

	/* Not over the end of a block, whose neighbour may lie elsewhere to a device. */
	if (bytes > DISK_BLOCK_SIZE)
		bytes = pieces * DISK_BLOCK_SIZE;
	if (*end % DISK_BLOCK_SIZE + bytes > DISK_BLOCK_SIZE)
		*end = (*end + DISK_BLOCK_SIZE - 1) / DISK_BLOCK_SIZE * DISK_BLOCK_SIZE;
	window->base = *end / DISK_BLOCK_SIZE;
	window->at = *end % DISK_BLOCK_SIZE;
	*end += bytes;
}

int
window_open(struct window *window, struct timeline *timeline, struct loader *loader,
	    unsigned *ahead, bool resident)
{
	window->timeline = timeline;
	window->loader = loader;
	window->pieces = window_pieces(window->file->size);
	window->ahead = ahead;
	if (!resident)
		window->at = window->base = 0;
	window->resident = resident;
	if (resident) {
		window->present = calloc(window->pieces, sizeof(*window->present));
		if (!window->present)
			return -ENOMEM;
	}
	return 0;
}

void
window_close(struct window *window)
{
	free(window->present);
	window->present = NULL;
}

static struct load *
load_of(struct window *window, uint64_t piece)
{
	return &window->loads[piece % WINDOW_DEPTH];
}

/* A block is held, by one count more than packets in it have left to be sent, from here until it is
 * parsed. */
static bool
take_block(struct window *window, uint64_t piece, unsigned *out)
{
	if (window->resident) {
		*out = window->base + piece;
		return true;
	}
	/* The others' time comes too. */
	if (piece > window->first && *window->ahead >= window->timeline->block_count / 2)
		return false;
	for (unsigned i = 0; i < window->timeline->block_count; i++) {
		unsigned index = window->cursor;
		struct timeline_block *block = &window->timeline->blocks[index];

		window->cursor = index + 1 < window->timeline->block_count ? index + 1 : 0;
		if (atomic_load_explicit(&block->left, memory_order_acquire) == 0) {
			atomic_store_explicit(&block->left, 1, memory_order_relaxed);
			*window->ahead += piece > window->first;
			*out = index;
			return true;
		}
	}
	return false;
}

void
window_settle(struct window *window)
{
	if (window->unpublished && !window->resident)
		atomic_fetch_add_explicit(&window->timeline->blocks[window_block(window)].left,
					  window->unpublished, memory_order_relaxed);
	window->unpublished = 0;
}

/* Gives up the first piece. Its packets that are not published yet count from here on. */
static void
leave(struct window *window)
{
	struct load *load = load_of(window, window->first);

	window_settle(window);
	if (window->resident)
		window->present[window->first] = load->state == LOAD_DONE;
	else
		atomic_fetch_sub_explicit(&window->timeline->blocks[window_block(window)].left, 1,
					  memory_order_relaxed);
	window->first++;
	/* The time of the next one has come. */
	*window->ahead -= !window->resident && window->first < window->next;
}

void
window_drop(struct window *window)
{
	while (window->first < window->next)
		leave(window);
	window->first = window->next = 0;
	if (window->file->unpack && !window->resident) {
		window->file->size = CAPTURE_SIZE_UNKNOWN;
		window->pieces = window_pieces(window->file->size);
	}
}

/* The end of what is in the file, and why it is the end, shows when there is less than was asked
 * for. */
static void
unpack_piece(struct window *window, struct load *load)
{
	uint8_t *bytes = window->timeline->arena + load->block * DISK_BLOCK_SIZE + load->at;
	uint32_t room = window->resident ? load->length + 1 : DISK_BLOCK_SIZE;

	load->length = unpack_read(window->file->unpack, bytes, room, load->offset);
	if (load->length < room) {
		window->file->size = load->offset + load->length;
		window->pieces = window->next + 1;
	}
}

static void
read_piece(struct window *window, struct load *load)
{
	if (window->resident && window->present[window->next])
		return;
	if (window->file->unpack)
		unpack_piece(window, load);
	else
		loader_start(window->loader, load);
}

bool
window_yield(struct window *window)
{
	struct load *load;

	if (window->resident || window->next < window->first + 2)
		return false;
	load = load_of(window, window->next - 1);
	if (load->state == LOAD_UNDER_WAY)
		return false;
	atomic_fetch_sub_explicit(&window->timeline->blocks[load->block].left, 1,
				  memory_order_relaxed);
	window->next--;
	*window->ahead -= 1;
	return true;
}

static bool
is_idle(struct window *window)
{
	for (uint64_t piece = window->first; piece < window->next; piece++) {
		if (load_of(window, piece)->state == LOAD_UNDER_WAY)
			return false;
	}
	return true;
}

/* Opens the file before its next piece is read. False: not now, where others have all descriptors
 * that there are for as long as they are read, or a piece ahead of its time can wait for one. */
static bool
wake(struct window *window, int *error)
{
	*error = capture_file_wake(window->file);
	if (*error == 0)
		window->denied = 0;
	if (*error == 0)
		return true;
	if (window->next > window->first)
		return false;
	if (*error != -EMFILE && *error != -ENFILE)
		return true;
	return window->denied++ > DENIED_MAX && !window->loader->under_way;
}

/* Whether the first piece after a beginning or a seek is still read: those behind it would only
 * keep the disk from it. */
static bool
is_first_read(struct window *window)
{
	return window->next == window->first + 1 &&
	       load_of(window, window->first)->state == LOAD_UNDER_WAY;
}

void
window_fill(struct window *window)
{
	/* A plain read keeps the thread: one piece at a time, so that packets leave meanwhile. */
	uint64_t depth = window->loader->direct && !window->file->unpack ? WINDOW_DEPTH : 1;

	while (window->next < window->pieces && window->next < window->first + depth &&
	       !is_first_read(window)) {
		struct load *load = load_of(window, window->next);
		uint64_t offset = window->next * WINDOW_STEP, size = window->file->size;
		unsigned block;
		int error = 0;

		if (!wake(window, &error) || !take_block(window, window->next, &block))
			break;
		*load = (struct load){
			.direct = window->file->direct,
			.plain = window->file->plain,
			.block = block,
			.at = window->at,
			.offset = offset,
			.length = size - offset < DISK_BLOCK_SIZE ? size - offset : DISK_BLOCK_SIZE,
			.state = error ? LOAD_FAILED : LOAD_DONE,
			.error = error,
		};
		if (!error)
			read_piece(window, load);
		window->next++;
	}
	if (window->rests && window->file->plain >= 0 && is_idle(window))
		capture_file_rest(window->file);
}

int
window_go(struct window *window, uint64_t piece)
{
	while (window->first < piece && window->first < window->next) {
		if (load_of(window, window->first)->state == LOAD_UNDER_WAY)
			return -EAGAIN;
		leave(window);
	}
	if (window->first < piece && !window->file->unpack)
		window->first = window->next = piece;
	window_fill(window);
	/* What lies between is unpacked too, a piece a call, so that the thread hears what is asked
	 * meanwhile. */
	if (window->first < piece)
		return -EAGAIN;
	if (piece >= window->next)
		return -EAGAIN;
	switch (load_of(window, piece)->state) {
	case LOAD_DONE:
		return 0;
	case LOAD_FAILED:
		return load_of(window, piece)->error;
	default:
		return -EAGAIN;
	}
}
