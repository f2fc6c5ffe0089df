/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "packed_kit.h"
#include "reader_kit.h"

#include "core/banned.h"

/* Writes what is in a file to another, compressed. */
static void
pack_file(enum packed_kind kind, const char *from, const char *to)
{
	FILE *file = fopen(from, "rb");
	uint8_t *bytes, *out;
	size_t size, out_size;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	bytes = malloc(size);
	assert_int_equal(fread(bytes, 1, size, file), size);
	fclose(file);
	out = packed(kind, bytes, size, &out_size);
	file = fopen(to, "wb");
	assert_int_equal(fwrite(out, 1, out_size, file), out_size);
	fclose(file);
	free(bytes);
	free(out);
}

/* Everything from one packet on, after a seek to it. */
static void
assert_seek(struct reader *reader, struct seen_record **records, unsigned count, unsigned from)
{
	seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, from + 1});
	assert_records(reader, records + from, count - from, 1, 0);
}

/* Loops and seeks begin at the first byte again, whatever came before. */
static void
reads_as_plain_files(void **state)
{
	static const unsigned seeks[] = {0, 11999, 8000, 7999, 1};
	char *plain = kit_path("plain"), *path = kit_path("packed");
	struct seen_record **records;
	struct seen_file seen;

	made_file(plain, 12000, READER_BASE, 1000);
	seen_load(&seen, plain);
	records = all_of(&seen);
	for (unsigned kind = 0; kind < PACKED_KINDS; kind++) {
		struct config_replay replay;
		struct reader_progress progress;
		struct reader *reader;

		pack_file(kind, plain, path);
		kit_replay(&replay, &path, 1);
		replay.memory = 8 << 20;
		replay.loops = 3;
		replay.gap_given = true;
		reader = opened(&replay, 1);
		assert_false(reader_timeline(reader)->resident);
		assert_records(reader, records, seen.count, 3,
			       seen.records[11999].ns - READER_BASE);
		await_finish(reader, &progress);
		assert_int_equal(progress.error, 0);
		assert_int_equal(progress.records, 36000);
		assert_int_equal(progress.bytes, 3 * progress.file_bytes);
		assert_false(progress.direct);
		reader_close(reader);
		replay.loops = 1;
		reader = opened(&replay, 1);
		for (unsigned i = 0; i < sizeof(seeks) / sizeof(seeks[0]); i++)
			assert_seek(reader, records, seen.count, seeks[i]);
		reader_close(reader);
	}
	free(records);
	seen_free(&seen);
}

/* Of a small one all is seen when it is opened. */
static void
keeps_small_files(void **state)
{
	char *plain = kit_path("plain"), *path = kit_path("packed");
	struct seen_record **records;
	struct config_replay replay;
	struct seen_file seen;
	struct reader *reader;

	made_file(plain, 50, READER_BASE, 1000);
	seen_load(&seen, plain);
	records = all_of(&seen);
	pack_file(PACKED_XZ, plain, path);
	kit_replay(&replay, &path, 1);
	replay.loops = 2;
	replay.gap_given = true;
	reader = opened(&replay, 1);
	assert_true(reader_timeline(reader)->resident);
	assert_records(reader, records, seen.count, 2, seen.records[49].ns - READER_BASE);
	assert_seek(reader, records, seen.count, 20);
	assert_seek(reader, records, seen.count, 0);
	reader_close(reader);
	free(records);
	seen_free(&seen);
}

/* What came before the end that it has now is there, and the reason says where it is, however often it is begun. */
static void
says_where_it_is_cut(void **state)
{
	char *plain = kit_path("plain"), *path = kit_path("packed");
	struct seen_file seen;

	made_file(plain, 12000, READER_BASE, 1000);
	seen_load(&seen, plain);
	for (unsigned kind = 0; kind < PACKED_KINDS; kind++) {
		struct config_replay replay;
		struct reader_progress progress;
		struct reader *reader;
		struct stat status;

		pack_file(kind, plain, path);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(truncate(path, status.st_size * 2 / 3), 0);
		kit_replay(&replay, &path, 1);
		replay.memory = 64 << 20;
		reader = opened(&replay, 1);
		for (unsigned time = 0; time < 2; time++) {
			struct walk walk = {.timeline = reader_timeline(reader)};
			unsigned count = 0;

			seek_to(reader, (struct config_moment){0});
			while (walk_next(&walk)) {
				const struct seen_record *record = &seen.records[count++];

				assert_entry(&walk, record, record->ns - READER_BASE);
			}
			walk_end(&walk);
			await_finish(reader, &progress);
			assert_int_equal(progress.error, 0);
			assert_true(progress.cut);
			assert_true(count > 5000 && count < 12000);
		}
		reader_close(reader);
	}
	seen_free(&seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_plain_files),
		cmocka_unit_test(keeps_small_files),
		cmocka_unit_test(says_where_it_is_cut),
	};

	return cmocka_run_group_tests(tests, reader_setup, kit_teardown);
}
