/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/source.h"

#include <errno.h>

#include "core/banned.h"

_Static_assert(WINDOW_TAIL >= FORMAT_UNIT_MAX + CAPTURE_LEAD,
	       "what begins in a piece lies whole in its block");

int
source_open(struct source *source, const char *path, const struct capture_options *options,
	    char *reason, size_t size)
{
	*source = (struct source){0};
	source->window.file = &source->file;
	return capture_file_open(&source->file, path, options, reason, size);
}

void
source_close(struct source *source)
{
	window_close(&source->window);
	marks_close(&source->marks);
	guide_free(&source->guide);
	capture_file_close(&source->file);
}

int
source_make_marks(struct source *source)
{
	return marks_open(&source->marks,
			  source->file.unpack || source->file.pipe ? 0 : source->window.pieces);
}

int
source_rewind(struct source *source, const struct mark *mark)
{
	struct capture_file *file = &source->file;
	int ret;

	window_drop(&source->window);
	source->state = SOURCE_BEGUN;
	source->piece = UINT64_MAX;
	ret = capture_file_begin(file);
	if (ret < 0 || !mark)
		return ret;
	format_end(&file->format);
	file->records = mark->records;
	file->begun = true;
	file->time_ns = mark->time_ns;
	file->raw_ns = mark->raw_ns;
	file->position = mark->position;
	file->passed_bytes = 0;
	ret = marks_format(&source->marks, mark, &file->format);
	return ret < 0 ? capture_file_unreadable(file, ret) : 0;
}

int
source_leap(struct source *source, uint64_t rows)
{
	window_drop(&source->window);
	source->state = SOURCE_BEGUN;
	source->piece = UINT64_MAX;
	return guide_go(&source->guide, &source->file, rows);
}

int
source_stand(struct source *source)
{
	window_drop(&source->window);
	source->state = SOURCE_STANDS;
	source->file.records = 0;
	source->file.time_ns = 0;
	return 0;
}

void
source_rest(struct source *source, bool closes)
{
	window_drop(&source->window);
	source->state = SOURCE_ENDED;
	if (closes)
		capture_file_rest(&source->file);
}

static void
set_mark(struct source *source, uint64_t piece)
{
	const struct capture_file *file = &source->file;
	const struct mark mark = {
		.position = file->position,
		.records = file->records,
		.time_ns = file->time_ns,
		.raw_ns = file->raw_ns,
		.merged = source->merged,
		.merged_ns = source->merged_ns,
	};

	source->piece = piece;
	if (file->position && file->lead_known)
		marks_set(&source->marks, piece, &mark, &file->format);
}

int
source_find_lead(struct source *source)
{
	int ret = source_next(source);

	if (ret != -EAGAIN)
		capture_file_lead(&source->file, ret);
	return ret;
}

/* What may be written over before a record is in its block too. */
static uint64_t
piece_of(uint64_t position)
{
	return position > CAPTURE_LEAD ? (position - CAPTURE_LEAD) / WINDOW_STEP : 0;
}

int
source_next(struct source *source)
{
	struct window *window = &source->window;
	struct capture_file *file = &source->file;

	for (;;) {
		uint64_t piece = piece_of(file->position);
		size_t at;
		bool last;
		int ret;

		if (file->position == file->size)
			return capture_file_end(file);
		/* Behind the end, when what is passed over is longer than the file: for the format
		 * to say. */
		if (piece >= window->pieces)
			piece = window->pieces - 1;
		ret = window_go(window, piece);
		if (ret == -EAGAIN)
			return ret;
		if (ret < 0)
			return capture_file_unreadable(file, ret);
		if (piece != source->piece)
			set_mark(source, piece);
		last = piece == window->pieces - 1;
		at = file->position - piece * WINDOW_STEP;
		ret = capture_file_take(file, window_bytes(window), window_length(window), last,
					&at);
		if (ret == 1)
			file->record.offset +=
				(size_t)(window_bytes(window) - window->timeline->arena);
		if (ret != 0 || last)
			return ret;
	}
}
