/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/reader.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/text.h"
#include "core/units.h"
#include "replay/reading.h"

#include "core/banned.h"

/* Entries of a streaming replay. A lane that is paused holds no more than these. */
#define STREAM_ENTRIES (1u << 20)
/* Blocks that streaming needs: one that is parsed, some that are read, some that are sent. */
#define STREAM_BLOCKS_MIN 4
/* No record takes less of a file. */
#define RECORD_MIN 16

static int
open_sources(struct reader *reader, const struct config_replay *replay, char *reason, size_t size)
{
	const struct capture_options options = {
		.other_links = replay->in.other_links,
		.direct = true,
		.stop = &reader->request,
	};
	int ret = capture_names_find(&reader->names, &replay->in, reason, size);

	if (ret < 0)
		return ret;
	reader->sources = calloc(reader->names.count, sizeof(*reader->sources));
	if (!reader->sources) {
		snprintf(reason, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	reader->direct = true;
	for (; reader->source_count < reader->names.count; reader->source_count++) {
		struct source *source = &reader->sources[reader->source_count];

		ret = source_open(source, reader->names.items[reader->source_count], &options,
				  reason, size);
		if (ret < 0)
			return ret;
		reader->now.file_bytes += source->file.identity.size;
		reader->direct &= source->file.direct >= 0;
		source->window.rests = reader->names.count > CAPTURE_OPEN_MAX;
		if (source->window.rests)
			capture_file_rest(&source->file);
	}
	return 0;
}

static uint64_t
resident_entries(uint64_t bytes)
{
	uint64_t entries = 2 * PUBLISHER_BATCH;

	while (entries < bytes / RECORD_MIN)
		entries *= 2;
	return entries;
}

/* The blocks that hold all files when each has its own. */
static uint64_t
own_blocks(const struct reader *reader)
{
	uint64_t blocks = 0;

	for (unsigned i = 0; i < reader->source_count; i++)
		blocks += window_pieces(reader->sources[i].file.size);
	return blocks;
}

/* The bytes of all files in memory, one behind the other; more than there can be when somebody's
 * are not known. */
static uint64_t
place_sources(struct reader *reader)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < reader->source_count; i++) {
		struct source *source = &reader->sources[i];

		if (source->file.size == CAPTURE_SIZE_UNKNOWN)
			return UINT64_MAX;
		window_place(&source->window, &end);
	}
	return end;
}

/* Makes the arena: as large as it may be, or as the files need when they are smaller. What is
 * converted in place can't be looked at again. */
static int
make_arena(struct reader *reader, unsigned lanes, int numa, char *reason, size_t size)
{
	uint64_t room = reader->config->memory / DISK_BLOCK_SIZE, bytes = place_sources(reader);
	uint64_t blocks = bytes / DISK_BLOCK_SIZE + (bytes % DISK_BLOCK_SIZE != 0);
	bool resident = blocks <= room && reader->config->in.other_links != CONFIG_LINKS_CONVERT;
	int ret;

	if (!resident)
		room = RTE_MIN(room, own_blocks(reader) + STREAM_BLOCKS_MIN);
	reader->arena = arena_make(resident ? blocks : room,
				   resident ? resident_entries(bytes) : STREAM_ENTRIES, lanes, numa,
				   &ret, reason, size);
	if (reader->arena)
		reader->arena->timeline.resident = resident;
	return ret;
}

static int
open_windows(struct reader *reader)
{
	struct timeline *timeline = &reader->arena->timeline;
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < reader->source_count; i++) {
		ret = window_open(&reader->sources[i].window, timeline, &reader->loader,
				  &reader->ahead, timeline->resident);
		if (ret == 0)
			ret = source_make_marks(&reader->sources[i]);
	}
	return ret;
}

/* The daemon's signals are for its main thread. */
static int
start_thread(struct reader *reader)
{
	sigset_t all, before;
	int err;

	pthread_mutex_init(&reader->lock, NULL);
	pthread_cond_init(&reader->changed, NULL);
	reader->request = READING_BEGIN;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&reader->thread, NULL, reading_main, reader);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		pthread_cond_destroy(&reader->changed);
		pthread_mutex_destroy(&reader->lock);
		return -err;
	}
	return 0;
}

static void
free_reader(struct reader *reader)
{
	loader_close(&reader->loader);
	for (unsigned i = 0; i < reader->source_count; i++)
		source_close(&reader->sources[i]);
	arena_free(reader->arena);
	sides_free(&reader->publisher.sides);
	pick_free(&reader->pick);
	capture_names_free(&reader->names);
	free(reader->sources);
	free(reader);
}

int
reader_find(const struct config_replay *replay, struct reader **out, char *reason,
	    size_t reason_size)
{
	size_t size = (sizeof(struct reader) + 127) / 128 * 128;
	struct reader *reader = aligned_alloc(128, size);
	int ret;

	if (!reader) {
		snprintf(reason, reason_size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	memset(reader, 0, size);
	reader->config = replay;
	reader->loops = reader->loops_now = replay->loops;
	ret = pick_make(&reader->pick, replay, reason, reason_size);
	if (ret == 0)
		ret = open_sources(reader, replay, reason, reason_size);
	if (ret < 0) {
		text_clean(reason);
		free_reader(reader);
		return ret;
	}
	*out = reader;
	return 0;
}

int
reader_make(struct reader *reader, unsigned lanes, int numa, int news, char *reason,
	    size_t reason_size)
{
	const struct config_replay *replay = reader->config;
	int ret = make_arena(reader, lanes, numa, reason, reason_size);

	reader->news = news;
	if (ret < 0)
		goto failed;
	loader_open(&reader->loader, &reader->arena->blocks,
		    RTE_MIN(reader->source_count, 64u) * WINDOW_DEPTH, reader->direct);
	merge_open(&reader->merge, reader->sources, reader->source_count, replay);
	reader->publisher.timeline = &reader->arena->timeline;
	reader->publisher.split = lanes > 1 && replay->flows == CONFIG_FLOWS_KEEP;
	reader->publisher.pair = replay->pair;
	ret = open_windows(reader);
	if (ret == 0)
		ret = start_thread(reader);
	if (ret < 0) {
		snprintf(reason, reason_size, "%s", strerror(-ret));
		goto failed;
	}
	log_debug("replay %s: %s, %s reads", replay->name,
		  reader->arena->timeline.resident ? "its files fit its memory"
						   : "its files stream through its memory",
		  reader->loader.direct ? "direct" : "buffered");
	return 0;

failed:
	text_clean(reason);
	free_reader(reader);
	return ret;
}

int
reader_open(const struct config_replay *replay, unsigned lanes, int numa, int news,
	    struct reader **out, char *reason, size_t reason_size)
{
	struct reader *reader;
	int ret = reader_find(replay, &reader, reason, reason_size);

	if (ret == 0)
		ret = reader_make(reader, lanes, numa, news, reason, reason_size);
	if (ret == 0)
		*out = reader;
	return ret;
}

struct identity *
reader_identities(const struct reader *reader, struct capture_names *names)
{
	struct identity *identities = calloc(reader->source_count, sizeof(*identities));

	for (unsigned i = 0; identities && i < reader->source_count; i++)
		identities[i] = reader->sources[i].file.identity;
	if (identities && capture_names_copy(names, &reader->names) < 0) {
		free(identities);
		return NULL;
	}
	return identities;
}

struct timeline *
reader_timeline(struct reader *reader)
{
	return &reader->arena->timeline;
}

bool
reader_has_begun(const struct reader *reader)
{
	return atomic_load_explicit(&((struct reader *)reader)->request, memory_order_acquire) !=
	       READING_BEGIN;
}

bool
reader_is_ready(const struct reader *reader)
{
	struct timeline *timeline = &reader->arena->timeline;

	if (!reader_has_begun(reader))
		return false;
	return atomic_load_explicit(&timeline->published, memory_order_acquire) > 0 ||
	       atomic_load_explicit(&timeline->end, memory_order_acquire) != UINT64_MAX;
}

void
reader_seek(struct reader *reader, struct config_moment moment, uint64_t loops)
{
	pthread_mutex_lock(&reader->lock);
	reader->moment = moment;
	reader->loops = loops;
	reader->request = READING_BEGIN;
	pthread_cond_broadcast(&reader->changed);
	pthread_mutex_unlock(&reader->lock);
}

void
reader_progress(struct reader *reader, struct reader_progress *out)
{
	pthread_mutex_lock(&reader->lock);
	*out = reader->progress;
	/* What it did before it was called is over. */
	if (reader->request == READING_BEGIN)
		*out = (struct reader_progress){.file_bytes = reader->progress.file_bytes,
						.direct = reader->progress.direct};
	pthread_mutex_unlock(&reader->lock);
}

bool
reader_extent(struct reader *reader, struct extent *out)
{
	bool known;

	pthread_mutex_lock(&reader->lock);
	known = reader->extent_known && reader->request != READING_BEGIN;
	*out = (struct extent){0};
	if (reader->request != READING_BEGIN)
		*out = reader->extent;
	pthread_mutex_unlock(&reader->lock);
	return known;
}

void
reader_leave(struct reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	reader->request = READING_CLOSE;
	pthread_cond_broadcast(&reader->changed);
	pthread_mutex_unlock(&reader->lock);
}

bool
reader_has_left(const struct reader *reader)
{
	return atomic_load_explicit(&((struct reader *)reader)->left, memory_order_acquire);
}

void
reader_close(struct reader *reader)
{
	if (!reader)
		return;
	if (reader->arena) {
		reader_leave(reader);
		pthread_join(reader->thread, NULL);
		pthread_cond_destroy(&reader->changed);
		pthread_mutex_destroy(&reader->lock);
	}
	free_reader(reader);
}
