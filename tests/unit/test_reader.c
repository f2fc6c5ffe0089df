/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "captures.h"
#include "reader_kit.h"

#include "core/banned.h"

/* Every capture of the fixtures. */
static void
reads_fixtures(void **state)
{
	struct captures captures;

	captures_load(&captures);
	for (unsigned i = 0; i < captures.file_count; i++) {
		struct config_replay replay;
		struct seen_file seen;
		struct seen_record **records;
		struct reader_progress progress;
		struct reader *reader;

		kit_replay(&replay, &captures.files[i], 1);
		replay.truncated = CONFIG_TRUNCATED_SEND;
		seen_load(&seen, captures.files[i]);
		/* Interfaces of several snap lengths and link types are more than libpcap takes: there, until it stops. */
		replay.in.other_links = CONFIG_LINKS_SKIP;
		if (!seen.whole)
			replay.until = (struct config_moment){CONFIG_MOMENT_PACKET, seen.count + 1};
		records = all_of(&seen);
		reader = opened(&replay, 1);
		assert_true(reader_timeline(reader)->resident);
		assert_records(reader, records, seen.count, 1, 0);
		await_finish(reader, &progress);
		/* One of them is cut within its last record. */
		if (progress.error != -EBADMSG || seen.whole)
			assert_int_equal(progress.error, seen.count ? 0 : -ENODATA);
		assert_int_equal(progress.records, seen.count);
		if (seen.whole)
			assert_int_equal(progress.bytes, progress.file_bytes);
		reader_close(reader);
		free(records);
		seen_free(&seen);
	}
	captures_free(&captures);
}

/* The mean gap lies between loops, unless another is asked for. */
static void
knows_the_period(void **state)
{
	char *path = kit_path("period");
	struct config_replay replay;
	struct seen_file seen;
	struct seen_record **records;
	struct reader *reader;
	uint64_t taken;

	made_file(path, 5000, READER_BASE, 1000);
	seen_load(&seen, path);
	records = all_of(&seen);
	taken = seen.records[4999].ns - seen.records[0].ns;
	kit_replay(&replay, &path, 1);
	reader = opened(&replay, 1);
	assert_records(reader, records, seen.count, 1, taken + taken / 4999);
	reader_close(reader);
	replay.gap_given = true;
	replay.gap_ns = 5000000;
	reader = opened(&replay, 1);
	assert_records(reader, records, seen.count, 1, taken + 5000000);
	reader_close(reader);
	free(records);
	seen_free(&seen);
}

/* Files of several times the arena, more than once. */
static void
streams_a_large_file(void **state)
{
	char *path = kit_path("large");
	struct config_replay replay;
	struct seen_file seen;
	struct seen_record **records;
	struct reader_progress progress;
	struct reader *reader;

	made_file(path, 60000, READER_BASE, 1000);
	seen_load(&seen, path);
	records = all_of(&seen);
	kit_replay(&replay, &path, 1);
	replay.memory = 8 << 20;
	replay.loops = 3;
	replay.gap_given = true;
	reader = opened(&replay, 1);
	assert_false(reader_timeline(reader)->resident);
	assert_int_equal(reader_timeline(reader)->block_count, 4);
	assert_records(reader, records, seen.count, 3, seen.records[59999].ns - READER_BASE);
	await_finish(reader, &progress);
	assert_int_equal(progress.error, 0);
	assert_int_equal(progress.records, 180000);
	assert_int_equal(progress.bytes, 3 * progress.file_bytes);
	reader_close(reader);
	replay.memory = 256 << 20;
	reader = opened(&replay, 1);
	assert_true(reader_timeline(reader)->resident);
	assert_records(reader, records, seen.count, 3, seen.records[59999].ns - READER_BASE);
	reader_close(reader);
	free(records);
	seen_free(&seen);
}

/* A replay that is closed while its reader waits for lanes that never come. */
static void
closes_in_the_middle(void **state)
{
	char *path = kit_path("large");
	struct config_replay replay;
	struct reader *reader;

	made_file(path, 60000, READER_BASE, 1000);
	kit_replay(&replay, &path, 1);
	replay.memory = 8 << 20;
	replay.loops = 0;
	reader = opened(&replay, 1);
	while (atomic_load(&reader_timeline(reader)->published) < 1000)
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	reader_close(reader);
	reader_close(opened(&replay, 1));
}

static void
assert_told(const struct reader *reader, int news)
{
	struct pollfd event = {.fd = news, .events = POLLIN};
	eventfd_t count;

	assert_int_equal(poll(&event, 1, 10000), 1);
	assert_true(reader_is_ready(reader));
	assert_int_equal(eventfd_read(news, &count), 0);
	assert_int_equal(count, 1);
}

/* Once for each beginning, also when nothing will come. */
static void
tells_when_it_is_ready(void **state)
{
	char *path = kit_path("told");
	int news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct config_replay replay;
	struct reader_progress progress;
	struct reader *reader;
	char reason[256];

	made_file(path, 1000, READER_BASE, 1000);
	kit_replay(&replay, &path, 1);
	replay.until = (struct config_moment){CONFIG_MOMENT_PACKET, 900};
	assert_int_equal(reader_open(&replay, 1, -1, news, &reader, reason, sizeof(reason)), 0);
	assert_told(reader, news);
	seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, 500});
	assert_told(reader, news);
	seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, 950});
	assert_told(reader, news);
	await_finish(reader, &progress);
	assert_int_equal(progress.error, -ENODATA);
	reader_close(reader);
	close(news);
}

/* A device may keep what it was given last until others follow, whatever is sought meanwhile. */
static void
leaves_alone_what_a_device_holds(void **state)
{
	char *path = kit_path("held");
	struct config_replay replay;
	struct seen_file seen;
	struct seen_record **records;
	struct reader *reader;
	struct timeline_entry held[600];
	unsigned count = 0;

	made_file(path, 60000, READER_BASE, 1000);
	seen_load(&seen, path);
	records = all_of(&seen);
	kit_replay(&replay, &path, 1);
	replay.memory = 12 << 20;
	reader = opened(&replay, 1);
	for (unsigned from = 0; from < 60000; from += 20000) {
		struct walk walk = {.timeline = reader_timeline(reader)};

		seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, from + 1});
		for (unsigned i = 0; i < 200; i++) {
			assert_true(walk_next(&walk));
			held[count++] = walk.entry;
			walk.held_count = 0;
		}
		walk_end(&walk);
	}
	for (unsigned i = 0; i < 12; i++) {
		unsigned from = i * 54321 % 60000;
		struct walk walk = {.timeline = reader_timeline(reader)};

		seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, from + 1});
		for (unsigned n = from; n < 60000 && n < from + 15000; n++) {
			assert_true(walk_next(&walk));
			assert_entry(&walk, records[n], records[n]->ns - records[from]->ns);
		}
		walk_end(&walk);
	}
	for (unsigned i = 0; i < count; i++) {
		const struct seen_record *record = records[i / 200 * 20000 + i % 200];
		const struct timeline *timeline = reader_timeline(reader);

		assert_memory_equal(timeline->arena + held[i].offset, record->bytes, record->kept);
		atomic_fetch_sub(&timeline->blocks[held[i].offset >> DISK_BLOCK_SHIFT].left, 1);
	}
	seek_to(reader, (struct config_moment){0});
	assert_records(reader, records, 60000, 1, 0);
	reader_close(reader);
	free(records);
	seen_free(&seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_fixtures),
		cmocka_unit_test(knows_the_period),
		cmocka_unit_test(streams_a_large_file),
		cmocka_unit_test(closes_in_the_middle),
		cmocka_unit_test(leaves_alone_what_a_device_holds),
		cmocka_unit_test(tells_when_it_is_ready),
	};

	return cmocka_run_group_tests(tests, reader_setup, kit_teardown);
}
