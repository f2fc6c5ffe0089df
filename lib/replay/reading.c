/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "replay/ending.h"

#include "core/banned.h"

#define THREAD_NAME_MAX 16

/* How long the thread sleeps when there is nothing to do but to wait for lanes. */
#define SLEEP_NS 100000
/* And when a read is under way, whose end wakes it. */
#define READ_WAIT_NS 1000000
/* Records after which the numbers are shown, when none of them is published. */
#define SHOW_RECORDS 4096

static bool
is_called(const struct reader *reader)
{
	return atomic_load_explicit(&reader->request, memory_order_relaxed) != READING_GO_ON;
}

static void
show(struct reader *reader)
{
	/* Pauses matter to those alone who shorten them. */
	size_t size =
		reader->config->max_gap_ns ? sizeof(reader->sum) : offsetof(struct extent, pauses);

	reader->now.bytes = reader->passed_bytes;
	for (unsigned i = 0; i < reader->source_count; i++)
		reader->now.bytes += reader->sources[i].file.passed_bytes;
	reader->now.direct = reader->loader.direct;
	pthread_mutex_lock(&reader->lock);
	reader->progress = reader->now;
	if (!reader->extent_known)
		memcpy(&reader->extent, &reader->sum, size);
	reader->extent_known = reader->loop_known;
	pthread_mutex_unlock(&reader->lock);
}

/* Wakes whoever waits for the first packet. */
static void
tell(struct reader *reader)
{
	if (reader->told || reader->news < 0 || !reader_is_ready(reader))
		return;
	eventfd_write(reader->news, 1);
	reader->told = true;
}

/* Keeps reads going, and waits: for one of them, or else for lanes to make room. */
static int
pause_for(struct reader *reader, bool read)
{
	int ret;

	/* A file whose turn has not come holds nothing, and what is over is over. */
	for (unsigned i = 0; i < reader->source_count; i++) {
		if (source_is_read(&reader->sources[i]))
			window_fill(&reader->sources[i].window);
	}
	read = read && reader->loader.under_way;
	ret = loader_poll(&reader->loader, read ? READ_WAIT_NS : 0);
	if (ret < 0)
		return ending_fail(reader, ret, "the kernel takes no more reads: %s",
				   strerror(-ret));
	if (!read)
		nanosleep(&(struct timespec){.tv_nsec = SLEEP_NS}, NULL);
	return is_called(reader) ? -ECANCELED : 0;
}

/* Where files lie in each other, all blocks may hold what lies ahead in other files than the one
 * that is next. */
static int
make_room(struct reader *reader)
{
	struct window *waits = &reader->merge.waits->window;
	uint64_t held = 0;
	bool ahead = false;

	if (waits->resident || waits->first < waits->next)
		return 0;
	for (unsigned i = 0; i < reader->source_count; i++)
		held += reader->sources[i].window.next - reader->sources[i].window.first;
	/* Others come back from lanes. */
	if (held < reader->arena->timeline.block_count)
		return 0;
	for (unsigned i = 0; i < reader->source_count; i++) {
		struct window *window = &reader->sources[i].window;

		if (window_yield(window)) {
			window_fill(waits);
			return 0;
		}
		ahead |= window->next > window->first + 1;
	}
	return ahead ? 0 : ending_for_blocks(reader);
}

static int
publish(struct reader *reader)
{
	for (unsigned i = 0; i < reader->source_count; i++)
		window_settle(&reader->sources[i].window);
	while (!publisher_flush(&reader->publisher)) {
		int ret = pause_for(reader, false);

		if (ret < 0)
			return ret;
	}
	show(reader);
	tell(reader);
	return 0;
}

/* Takes the record at hand, which is wanted. */
static int
take(struct reader *reader, bool pad)
{
	struct merge *merge = &reader->merge;
	struct source *source = merge->taken;
	const struct format_record *record = &source->file.record;

	if (reader->loop_packets == 0) {
		reader->first_ns = merge->time_ns;
		if (reader->loop == 0)
			atomic_store_explicit(&reader->arena->timeline.start_ns, merge->time_ns,
					      memory_order_relaxed);
	}
	reader->loop_packets++;
	reader->last_ns = merge->time_ns;
	if (reader->loop == 0)
		extent_add(&reader->sum, merge->time_ns - reader->first_ns,
			   pad ? record->wire_length : record->length);
	publisher_add(&reader->publisher,
		      &(struct timeline_entry){
			      .time_ns = schedule_later(reader->base_ns,
							merge->time_ns - reader->first_ns),
			      .offset = record->offset,
			      .length = record->length,
		      },
		      pad ? record->wire_length : record->length);
	source->window.unpublished++;
	return publisher_is_full(&reader->publisher) ? publish(reader) : 0;
}

/* What becomes of records is counted in the first loop alone; the others are the same. */
static void
count(struct reader *reader, const struct format_record *record, enum pick_verdict verdict)
{
	struct reader_progress *now = &reader->now;

	now->records++;
	reader->passed_over |= reader->merge.taken->file.fate == CAPTURE_OTHER_LINK;
	if (reader->loop > 0)
		return;
	now->backwards += reader->merge.taken->file.stepped;
	now->skipped += verdict == PICK_SKIP;
	now->too_long += verdict == PICK_TOO_LONG;
	now->empty += verdict == PICK_EMPTY;
	now->converted += verdict != PICK_SKIP && reader->merge.taken->file.converted;
	now->truncated += verdict != PICK_SKIP && record->length < record->wire_length;
	if (verdict == PICK_PAD)
		now->padded_bytes += record->wire_length - record->length;
}

/* Goes through the files once. 0 at their end, or at the end of what is wanted. */
static int
pass(struct reader *reader)
{
	struct merge *merge = &reader->merge;

	for (;;) {
		const struct format_record *record;
		enum pick_verdict verdict;
		uint64_t since;
		int ret;

		if (is_called(reader))
			return -ECANCELED;
		ret = merge_next(merge);
		if (ret <= 0) {
			int published = publish(reader);

			if (published < 0)
				return published;
			if (ret == 0)
				return ending_of_files(reader);
			ret = make_room(reader);
			if (ret == 0)
				ret = pause_for(reader, true);
			if (ret < 0)
				return ret;
			continue;
		}
		record = &merge->taken->file.record;
		since = merge->time_ns - merge->origin_ns;
		verdict = pick_is_before(&reader->begin, merge->number, since)
				  ? PICK_SKIP
				  : pick_record(&reader->pick, &merge->taken->file,
						reader->arena->timeline.arena + record->offset,
						merge->number, since);
		if (verdict == PICK_END)
			return publish(reader);
		count(reader, record, verdict);
		ret = 0;
		if ((verdict == PICK_SEND || verdict == PICK_PAD) && reading_is_too_far(reader)) {
			/* What came before is published. */
			ret = publish(reader);
			return ret < 0 ? ret : ending_too_far(reader);
		}
		if (verdict == PICK_SEND || verdict == PICK_PAD)
			ret = take(reader, verdict == PICK_PAD);
		else if (merge->number % SHOW_RECORDS == 0)
			show(reader);
		if (ret < 0)
			return ret;
	}
}

/* From one loop's first packet to that of the next. */
static uint64_t
period(const struct reader *reader)
{
	uint64_t taken = reader->last_ns - reader->first_ns;
	uint64_t gaps = reader->loop_packets - 1;

	if (reader->config->gap_given)
		return schedule_later(taken, reader->config->gap_ns);
	return gaps ? schedule_later(taken, taken / gaps) : 0;
}

/* Finds out what time files begin with whose first packets have none. */
static int
find_leads(struct reader *reader)
{
	for (unsigned i = 0; i < reader->source_count; i++) {
		struct source *source = &reader->sources[i];
		int ret;

		if (source->file.lead_known)
			continue;
		ret = source_rewind(source, NULL);
		if (ret < 0)
			return ending_fail(reader, ret, "%s", source->file.reason);
		while (!source->file.lead_known) {
			if (source_find_lead(source) == -EAGAIN)
				ret = pause_for(reader, true);
			if (ret < 0 || is_called(reader))
				return ret < 0 ? ret : -ECANCELED;
		}
		loader_drain(&reader->loader);
		source_rest(source, reader->source_count > CAPTURE_OPEN_MAX);
	}
	return 0;
}

/* Goes through the files as often as they are to be. */
static int
read_loops(struct reader *reader)
{
	struct timeline *timeline = &reader->arena->timeline;
	uint64_t loops = timeline->resident ? 1 : reader->loops_now;
	const struct config_moment *begin =
		reader->begin.kind == CONFIG_MOMENT_NONE ? &reader->pick.from : &reader->begin;
	int found = find_leads(reader);
	struct source *failed;

	if (found < 0)
		return found;
	for (reader->loop = 0; loops == 0 || reader->loop < loops; reader->loop++) {
		int ret;

		loader_drain(&reader->loader);
		for (unsigned i = 0; reader->loop > 0 && i < reader->source_count; i++)
			reader->passed_bytes += reader->sources[i].file.passed_bytes;
		ret = merge_rewind(&reader->merge, begin, &failed);
		if (ret < 0)
			return ending_fail(reader, ret, "%s", failed->file.reason);
		/* What lies before where it begins to read comes before the moment. */
		if (reader->loop == 0)
			reader->now.skipped = reader->merge.number;
		reader->loop_packets = 0;
		if (reader->config->pair)
			sides_begin(&reader->publisher.sides, &reader->config->clients);
		ret = pass(reader);
		if (ret == -ECANCELED)
			return ret;
		if (reader->loop_packets) {
			reader->base_ns = schedule_later(reader->base_ns, period(reader));
			if (reader->loop == 0)
				atomic_store_explicit(&timeline->period_ns, reader->base_ns,
						      memory_order_relaxed);
		}
		if (ret < 0)
			return ret;
		atomic_store_explicit(&timeline->loop_entries, reader->loop_packets,
				      memory_order_relaxed);
		if (reader->loop_packets == 0)
			return ending_without_packets(reader);
		if (reader->loop == 0) {
			reader->sum.period_ns = reader->base_ns;
			reader->loop_known = true;
			show(reader);
		}
	}
	return 0;
}

/* What was not sent is no longer waited for; what a device still has is, block by block. */
static void
withdraw(struct reader *reader)
{
	for (unsigned i = 0; i < reader->source_count; i++)
		window_settle(&reader->sources[i].window);
	publisher_withdraw(&reader->publisher);
}

static void
give_up_blocks(struct reader *reader)
{
	/* The kernel may still be writing into them. */
	loader_drain(&reader->loader);
	for (unsigned i = 0; i < reader->source_count; i++)
		window_drop(&reader->sources[i].window);
}

static void
read_all(struct reader *reader)
{
	int ret;

	give_up_blocks(reader);
	for (unsigned i = 0; i < reader->source_count; i++)
		reader->sources[i].file.passed_bytes = 0;
	reader->base_ns = 0;
	reader->passed_bytes = 0;
	ret = read_loops(reader);
	if (ret == -ECANCELED)
		return;
	atomic_store_explicit(&reader->arena->timeline.broken, ret < 0, memory_order_relaxed);
	/* Whoever sees the end sees why. */
	show(reader);
	atomic_store_explicit(&reader->arena->timeline.end, reader->publisher.published,
			      memory_order_release);
	tell(reader);
	give_up_blocks(reader);
	reader->now.finished = true;
	show(reader);
}

void *
reading_main(void *argument)
{
	struct reader *reader = argument;
	enum reading_request request;
	char name[THREAD_NAME_MAX];

	snprintf(name, sizeof(name), "replay-%.8s", reader->config->name);
	pthread_setname_np(pthread_self(), name);
	for (;;) {
		pthread_mutex_lock(&reader->lock);
		while ((request = reader->request) == READING_GO_ON)
			pthread_cond_wait(&reader->changed, &reader->lock);
		if (request == READING_BEGIN) {
			withdraw(reader);
			arena_clear(reader->arena);
			reader->begin = reader->moment;
			reader->loops_now = reader->loops;
			reader->told = reader->passed_over = false;
			reader->now = (struct reader_progress){
				.file_bytes = reader->now.file_bytes,
			};
			reader->progress = reader->now;
			reader->sum = reader->extent = (struct extent){0};
			reader->extent_known = reader->loop_known = false;
			reader->progress.direct = reader->loader.direct;
			reader->request = READING_GO_ON;
		}
		pthread_mutex_unlock(&reader->lock);
		if (request == READING_CLOSE) {
			/* Whoever then frees the arena does not wait for the kernel, which may
			 * still write into it. */
			loader_drain(&reader->loader);
			atomic_store_explicit(&reader->left, true, memory_order_release);
			return NULL;
		}
		read_all(reader);
	}
}
