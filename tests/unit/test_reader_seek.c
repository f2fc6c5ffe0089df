/* SPDX-License-Identifier: BSD-3-Clause */
/* Files as one row by time, and the part of it that is asked for: from where, until where, and sought. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>

#include "reader_kit.h"

#include "core/banned.h"

/* Puts records of several files in order of time, the first file's before others'. */
static unsigned
merged_of(const struct seen_file *files, unsigned count, struct seen_record **out)
{
	unsigned at[8] = {0}, total = 0;

	for (;;) {
		int first = -1;

		for (unsigned i = 0; i < count; i++) {
			if (at[i] < files[i].count &&
			    (first < 0 ||
			     files[i].records[at[i]].ns < files[first].records[at[first]].ns))
				first = i;
		}
		if (first < 0)
			return total;
		out[total++] = &files[first].records[at[first]++];
	}
}

static struct seen_file merged_files[3];
static struct seen_record *merged_records[100000];
static char *merged_paths[3];

static unsigned
make_merged(void)
{
	static const char *const names[] = {"first", "second", "third"};

	for (unsigned i = 0; i < 3; i++) {
		merged_paths[i] = kit_path(names[i]);
		made_file(merged_paths[i], 20000 + 5000 * i, READER_BASE + 1000000 * i,
			  1000 / (i + 1));
		seen_load(&merged_files[i], merged_paths[i]);
	}
	return merged_of(merged_files, 3, merged_records);
}

static void
free_merged(void)
{
	for (unsigned i = 0; i < 3; i++)
		seen_free(&merged_files[i]);
}

static void
merges_files(void **state)
{
	unsigned count = make_merged();
	struct config_replay replay;
	struct reader *reader;

	kit_replay(&replay, merged_paths, 3);
	replay.gap_given = true;
	for (unsigned megabytes = 24; megabytes <= 96; megabytes += 72) {
		replay.memory = megabytes << 20;
		replay.loops = 2;
		reader = opened(&replay, 1);
		assert_int_equal(reader_timeline(reader)->resident, megabytes > 24);
		assert_records(reader, merged_records, count, 2,
			       merged_records[count - 1]->ns - merged_records[0]->ns);
		reader_close(reader);
	}
	free_merged();
}

/* Everything from the from-th to the one before the until-th, after a seek to this moment. */
static void
assert_part(struct reader *reader, const struct config_moment *moment, unsigned from,
	    unsigned until)
{
	if (moment)
		seek_to(reader, *moment);
	assert_records(reader, merged_records + from, until - from, 1, 0);
}

static unsigned
first_since(unsigned count, uint64_t ns)
{
	unsigned i = 0;

	while (i < count && merged_records[i]->ns - merged_records[0]->ns < ns)
		i++;
	return i;
}

/* Forward into what was not read yet, back, and across; by number and by time. */
static void
seeks(void **state)
{
	static const unsigned numbers[] = {40000, 1, 20000, 70000, 69999, 12345, 35000, 2};
	struct config_replay replay;

	make_merged();
	for (unsigned files = 1; files <= 3; files += 2) {
		unsigned total = merged_of(merged_files, files, merged_records);

		kit_replay(&replay, merged_paths, files);
		for (unsigned streaming = 0; streaming < 2; streaming++) {
			struct reader *reader;

			replay.memory = streaming ? 24 << 20 : 96 << 20;
			if (streaming && files == 1)
				replay.memory = 8 << 20;
			reader = opened(&replay, 1);
			assert_int_equal(reader_timeline(reader)->resident, !streaming);
			for (unsigned i = 0; i < 8; i++) {
				unsigned number = numbers[i] % total;
				uint64_t ns = merged_records[number]->ns - merged_records[0]->ns;
				struct config_moment moment = {CONFIG_MOMENT_PACKET, number};

				if (number == 0)
					continue;
				assert_part(reader, &moment, number - 1, total);
				moment = (struct config_moment){CONFIG_MOMENT_TIME, ns + i % 2};
				assert_part(reader, &moment, first_since(total, ns + i % 2), total);
				/* Not waited for. */
				seek_to(reader, moment);
			}
			assert_part(reader, &(struct config_moment){0}, 0, total);
			reader_close(reader);
		}
	}
	free_merged();
}

static void
picks_a_part(void **state)
{
	unsigned count = make_merged();
	struct config_replay replay;
	struct reader_progress progress;
	struct reader *reader;
	unsigned first, last;

	kit_replay(&replay, merged_paths, 3);
	replay.memory = 24 << 20;
	replay.loops = 3;
	replay.gap_given = true;
	replay.from = (struct config_moment){CONFIG_MOMENT_PACKET, 50000};
	replay.until = (struct config_moment){CONFIG_MOMENT_PACKET, 50010};
	reader = opened(&replay, 1);
	assert_records(reader, merged_records + 49999, 10, 3,
		       merged_records[50008]->ns - merged_records[49999]->ns);
	await_finish(reader, &progress);
	assert_int_equal(progress.skipped, 49999);
	assert_int_equal(progress.error, 0);
	/* Not before its from. */
	seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, 10});
	assert_records(reader, merged_records + 49999, 10, 3,
		       merged_records[50008]->ns - merged_records[49999]->ns);
	seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, 50005});
	assert_records(reader, merged_records + 50004, 5, 3,
		       merged_records[50008]->ns - merged_records[50004]->ns);
	/* Nor behind its until. */
	seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, 50010});
	await_finish(reader, &progress);
	assert_int_equal(progress.error, -ENODATA);
	reader_close(reader);

	replay.loops = 1;
	replay.from = (struct config_moment){CONFIG_MOMENT_TIME, 3000000};
	replay.until = (struct config_moment){CONFIG_MOMENT_TIME, 5000000};
	first = first_since(count, 3000000);
	last = first_since(count, 5000000);
	assert_true(first < last && last < count);
	reader = opened(&replay, 1);
	assert_records(reader, merged_records + first, last - first, 1, 0);
	reader_close(reader);
	free_merged();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merges_files),
		cmocka_unit_test(seeks),
		cmocka_unit_test(picks_a_part),
	};

	return cmocka_run_group_tests(tests, reader_setup, kit_teardown);
}
