/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "captures.h"
#include "eal.h"
#include "reader_kit.h"

#include "core/banned.h"

static struct reader *
opened(const struct config_replay *replay, unsigned lanes)
{
	struct reader *reader = NULL;
	char reason[256] = "";
	int ret = reader_open(replay, lanes, -1, &reader, reason, sizeof(reason));

	if (ret < 0)
		fprintf(stderr, "%s\n", reason);
	assert_int_equal(ret, 0);
	return reader;
}

/* Walks over everything: it must be these records, count of them, in each of so many loops. */
static void
assert_records(struct reader *reader, struct seen_record *const *records, unsigned count,
	       unsigned loops, uint64_t period)
{
	struct timeline *timeline = reader_timeline(reader);
	struct walk walk = {.timeline = timeline};
	uint64_t latest = 0;

	for (unsigned loop = 0; loop < (timeline->resident ? 1 : loops); loop++) {
		latest = 0;
		for (unsigned i = 0; i < count; i++) {
			if (records[i]->ns > latest)
				latest = records[i]->ns;
			if (!walk_next(&walk)) {
				struct reader_progress progress;
				await_finish(reader, &progress);
				fail_msg("entry %u of %u is missing: %s", i, count,
					 progress.reason);
			}
			assert_int_equal(walk.entry.lane, 0);
			assert_entry(timeline, &walk.entry, records[i],
				     latest - records[0]->ns + loop * period);
		}
	}
	assert_false(walk_next(&walk));
	walk_end(&walk);
	if (count)
		assert_int_equal(timeline->start_ns, records[0]->ns);
	if (count && period)
		assert_int_equal(timeline->period_ns, period);
}

static struct seen_record **
all_of(const struct seen_file *seen)
{
	struct seen_record **records = calloc(seen->count + 1, sizeof(*records));

	for (unsigned i = 0; i < seen->count; i++)
		records[i] = &seen->records[i];
	return records;
}

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
		/* Interfaces of several snap lengths are more than libpcap takes: there, until it stops. */
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

static int
start(void **state)
{
	test_eal_start();
	return kit_setup(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_fixtures),
		cmocka_unit_test(knows_the_period),
		cmocka_unit_test(streams_a_large_file),
		cmocka_unit_test(closes_in_the_middle),
	};

	return cmocka_run_group_tests(tests, start, kit_teardown);
}
