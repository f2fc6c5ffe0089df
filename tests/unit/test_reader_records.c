/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "reader_kit.h"

#include "core/banned.h"

static void
filters(void **state)
{
	static const char *const expressions[] = {"udp port 53", "tcp", "greater 300"};
	char *path = (char *)(uintptr_t)FIXTURES "/mixed.pcap";
	struct config_replay replay;
	struct seen_file seen;

	seen_load(&seen, path);
	for (unsigned i = 0; i < 3; i++) {
		struct seen_record **wanted = calloc(seen.count, sizeof(*wanted));
		pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
		struct reader_progress progress;
		struct bpf_program program;
		struct reader *reader;
		unsigned count = 0;

		assert_int_equal(pcap_compile(pcap, &program, expressions[i], 1, 0), 0);
		for (unsigned n = 0; n < seen.count; n++) {
			struct seen_record *record = &seen.records[n];

			if (bpf_filter(program.bf_insns, record->bytes, record->wire, record->kept))
				wanted[count++] = record;
		}
		assert_in_range(count, 1, seen.count - 1);
		kit_replay(&replay, &path, 1);
		replay.filter = (char *)(uintptr_t)expressions[i];
		replay.truncated = CONFIG_TRUNCATED_SEND;
		reader = opened(&replay, 1);
		assert_records(reader, wanted, count, 1, 0);
		await_finish(reader, &progress);
		assert_int_equal(progress.skipped, seen.count - count);
		reader_close(reader);
		pcap_freecode(&program);
		pcap_close(pcap);
		free(wanted);
	}
	seen_free(&seen);
}

static const struct {
	uint32_t wire, kept;
} lengths[] = {{100, 100},    {1500, 96}, {65535, 65535},   {65536, 65536},
	       {200000, 128}, {64, 64},   {262144, 262144}, {65535, 1000},
	       {0, 0},        {60, 0},    {70000, 70000},   {61, 61}};
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

/* What is sent of records that were cut, or are too long, around the bounds of blocks too. */
static void
keeps_lengths(void **state)
{
	char *path = kit_path("lengths");
	FILE *file = made_open(path);
	const unsigned rounds = 60;
	struct config_replay replay;
	struct seen_file seen;

	for (unsigned i = 0; i < rounds * LENGTHS; i++)
		made_add(file, READER_BASE + i, i, i % 5, lengths[i % LENGTHS].wire,
			 lengths[i % LENGTHS].kept);
	fclose(file);
	seen_load(&seen, path);
	assert_int_equal(seen.count, rounds * LENGTHS);
	for (enum config_truncated truncated = CONFIG_TRUNCATED_DROP;
	     truncated <= CONFIG_TRUNCATED_PAD; truncated++) {
		struct seen_record **wanted = calloc(seen.count, sizeof(*wanted));
		bool drop = truncated == CONFIG_TRUNCATED_DROP;
		bool pad = truncated == CONFIG_TRUNCATED_PAD;
		struct reader_progress progress;
		struct reader *reader;
		unsigned count = 0;

		for (unsigned i = 0; i < seen.count; i++) {
			struct seen_record *record = &seen.records[i];
			bool cut = record->kept < record->wire;

			if (record->kept && record->kept <= 65535 && !(cut && drop) &&
			    !(cut && pad && record->wire > 65535))
				wanted[count++] = record;
		}
		kit_replay(&replay, &path, 1);
		replay.memory = 8 << 20;
		replay.truncated = truncated;
		reader = opened(&replay, 1);
		assert_false(reader_timeline(reader)->resident);
		assert_records(reader, wanted, count, 1, 0);
		await_finish(reader, &progress);
		assert_int_equal(progress.error, 0);
		assert_int_equal(progress.truncated, 4 * rounds);
		assert_int_equal(progress.too_long, (pad ? 4 : 3) * rounds);
		assert_int_equal(progress.empty, 2 * rounds);
		assert_int_equal(progress.padded_bytes,
				 pad ? rounds * (1500 - 96 + 65535 - 1000) : 0);
		assert_int_equal(progress.bytes, progress.file_bytes);
		reader_close(reader);
		free(wanted);
	}
	seen_free(&seen);
}

static void
takes_times_that_go_backwards(void **state)
{
	static const uint64_t times[] = {5, 7, 6, 2, 9, 9, 8, 12};
	char *path = kit_path("backwards");
	FILE *file = made_open(path);
	struct config_replay replay;
	struct reader_progress progress;
	struct seen_record **records;
	struct seen_file seen;
	struct reader *reader;

	for (unsigned i = 0; i < 8; i++)
		made_add(file, READER_BASE + times[i], i, i, 60, 60);
	fclose(file);
	seen_load(&seen, path);
	records = all_of(&seen);
	kit_replay(&replay, &path, 1);
	reader = opened(&replay, 1);
	assert_records(reader, records, 8, 1, 13 + 13 / 7);
	await_finish(reader, &progress);
	assert_int_equal(progress.backwards, 3);
	reader_close(reader);
	free(records);
	seen_free(&seen);
}

/* Everything before the damage is there, and then a sentence. */
static void
assert_broken(char **paths, unsigned files, struct seen_record *const *records, unsigned count,
	      int error, const char *reason)
{
	struct config_replay replay;
	struct reader_progress progress;
	struct reader *reader;

	kit_replay(&replay, paths, files);
	replay.loops = 3;
	reader = opened(&replay, 1);
	assert_records(reader, records, count, 3, 0);
	await_finish(reader, &progress);
	assert_int_equal(progress.error, error);
	if (!strstr(progress.reason, reason))
		assert_string_equal(progress.reason, reason);
	reader_close(reader);
}

/* What is whole is all there is. */
static void
assert_cut(char **paths, unsigned files, struct seen_record *const *records, unsigned count)
{
	struct config_replay replay;
	struct reader_progress progress;
	struct reader *reader;

	kit_replay(&replay, paths, files);
	reader = opened(&replay, 1);
	assert_records(reader, records, count, 1, 0);
	await_finish(reader, &progress);
	assert_int_equal(progress.error, 0);
	assert_true(progress.cut);
	reader_close(reader);
}

static void
tells_of_broken_records(void **state)
{
	char *paths[] = {kit_path("cut.pcap"), kit_path("whole.pcap")};
	struct seen_record *merged[400];
	struct seen_record **records;
	struct seen_file seen, whole;
	struct stat status;
	unsigned count = 0;
	FILE *file;

	made_file(paths[0], 100, READER_BASE, 1000);
	made_file(paths[1], 200, READER_BASE + 1, 1000);
	seen_load(&seen, paths[0]);
	seen_load(&whole, paths[1]);
	records = all_of(&seen);
	for (unsigned i = 0, j = 0; i < 99; i++) {
		while (j < 200 && whole.records[j].ns < records[i]->ns)
			merged[count++] = &whole.records[j++];
		merged[count++] = records[i];
		/* The other file goes on. */
		while (i == 98 && j < 200)
			merged[count++] = &whole.records[j++];
	}
	assert_int_equal(stat(paths[0], &status), 0);
	assert_int_equal(truncate(paths[0], status.st_size - 1), 0);
	assert_cut(paths, 1, records, 99);
	assert_cut(paths, 2, merged, count);
	assert_int_equal(truncate(paths[0], status.st_size - records[99]->kept - 3), 0);
	assert_cut(paths, 1, records, 99);

	made_file(paths[0], 100, READER_BASE, 1000);
	file = fopen(paths[0], "r+b");
	fseek(file, 24 + 16 + records[0]->kept + 8, SEEK_SET);
	fwrite("\xff\xff\xff\x7f", 4, 1, file);
	fclose(file);
	assert_broken(paths, 1, records, 1, -EBADMSG, "cut.pcap: record 2 at byte 100: ");
	free(records);
	seen_free(&seen);
	seen_free(&whole);
}

static void
refuses_what_is_no_capture(void **state)
{
	char *none = kit_path("none.pcap");
	char *directory = kit_path("none");
	char *text = kit_path("text.pcap");
	char *empty = kit_path("empty.pcap");
	const struct {
		char *path;
		int error;
		const char *reason;
	} cases[] = {
		{none, -ENOENT, "none.pcap: No such file"},
		{directory, -ENOENT, "is a directory without a capture in it"},
		{(char *)(uintptr_t) "/dev/null", -EINVAL, "is a device"},
		{text, -EINVAL, "text.pcap: is no capture file"},
		{empty, -EINVAL, "empty.pcap: is empty"},
		{(char *)(uintptr_t)FIXTURES "/linktype-raw-ip.pcap", -EINVAL, "RAW"},
	};
	FILE *file = fopen(text, "w");

	fputs("these are words, and not packets", file);
	fclose(file);
	fclose(fopen(empty, "w"));
	assert_int_equal(mkdir(directory, 0700), 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = cases[i].path;
		struct config_replay replay;
		struct reader *reader;
		char reason[256] = "";

		kit_replay(&replay, &path, 1);
		assert_int_equal(reader_open(&replay, 1, -1, -1, &reader, reason, sizeof(reason)),
				 cases[i].error);
		if (!strstr(reason, cases[i].reason))
			assert_string_equal(reason, cases[i].reason);
	}
	rmdir(directory);
	fclose(made_open(text));
	assert_broken(&text, 1, NULL, 0, -ENODATA, "text.pcap: has no packets to replay");
}

/* A file that loses its end while it streams. */
static void
tells_of_a_file_that_shrinks(void **state)
{
	char *path = kit_path("shrinks");
	struct config_replay replay;
	struct reader_progress progress;
	struct reader *reader;
	struct walk walk;
	unsigned count = 0;

	made_file(path, 60000, READER_BASE, 1000);
	kit_replay(&replay, &path, 1);
	replay.memory = 8 << 20;
	replay.loops = 0;
	reader = opened(&replay, 1);
	walk = (struct walk){.timeline = reader_timeline(reader)};
	assert_true(walk_next(&walk));
	assert_int_equal(truncate(path, 20 << 20), 0);
	while (walk_next(&walk))
		count++;
	walk_end(&walk);
	assert_in_range(count, 1000, 60000);
	await_finish(reader, &progress);
	assert_int_equal(progress.error, -EIO);
	assert_non_null(strstr(progress.reason, "shrinks: is shorter than it was"));
	reader_close(reader);
}

/* Two lanes see all packets between them, each flow, in both directions, on one of them. */
static void
splits_by_flow(void **state)
{
	char *path = kit_path("flows");
	struct config_replay replay;
	struct seen_file seen;

	made_file(path, 60000, READER_BASE, 1000);
	seen_load(&seen, path);
	kit_replay(&replay, &path, 1);
	replay.memory = 8 << 20;
	for (enum config_flows flows = CONFIG_FLOWS_KEEP; flows <= CONFIG_FLOWS_SINGLE; flows++) {
		struct walk walks[2];
		struct reader *reader;
		unsigned sums[2] = {0};
		int lanes[97];

		replay.flows = flows;
		reader = opened(&replay, 2);
		memset(lanes, -1, sizeof(lanes));
		for (unsigned i = 0; i < 2; i++)
			walks[i] = (struct walk){.timeline = reader_timeline(reader), .lane = i};
		for (unsigned i = 0; i < 60000; i++) {
			unsigned lane;

			assert_true(walk_next(&walks[0]));
			assert_true(walk_next(&walks[1]));
			lane = walks[0].entry.lane;
			assert_memory_equal(&walks[0].entry, &walks[1].entry,
					    sizeof(walks[0].entry));
			assert_entry(&walks[0], &seen.records[i], seen.records[i].ns - READER_BASE);
			assert_in_range(lane, 0, 1);
			sums[lane]++;
			if (lanes[i % 97] < 0)
				lanes[i % 97] = lane;
			assert_int_equal(lanes[i % 97], lane);
		}
		assert_false(walk_next(&walks[0]));
		assert_false(walk_next(&walks[1]));
		walk_end(&walks[0]);
		walk_end(&walks[1]);
		assert_int_equal(sums[0] + sums[1], 60000);
		if (flows == CONFIG_FLOWS_KEEP)
			assert_in_range(sums[0], 20000, 40000);
		else
			assert_int_equal(sums[0], 60000);
		reader_close(reader);
	}
	seen_free(&seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters),
		cmocka_unit_test(keeps_lengths),
		cmocka_unit_test(takes_times_that_go_backwards),
		cmocka_unit_test(tells_of_broken_records),
		cmocka_unit_test(refuses_what_is_no_capture),
		cmocka_unit_test(tells_of_a_file_that_shrinks),
		cmocka_unit_test(splits_by_flow),
	};

	return cmocka_run_group_tests(tests, reader_setup, kit_teardown);
}
