/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The times that a reader gives to records whose clocks step back or leap ahead, that have no time at all, or that
 * no replay could wait for: wherever it begins, they are those of a walk from the file's beginning.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>

#include "format_image.h"
#include "reader_kit.h"

#include "core/banned.h"

#define SECOND UINT64_C(1000000000)
#define MANY 60000

static uint64_t file_ns[MANY], line_ns[MANY];

/* What is on the timeline for what stands in the file. */
static unsigned
lay_out(const uint64_t *ns, unsigned count, uint64_t *line)
{
	unsigned steps = 0;

	for (unsigned i = 0; i < count; i++) {
		line[i] = i == 0 ? ns[0] : line[i - 1];
		if (i > 0 && ns[i] > ns[i - 1])
			line[i] += ns[i] - ns[i - 1];
		steps += i > 0 && ns[i] < ns[i - 1];
	}
	return steps;
}

static void
write_records(const char *path, const uint64_t *ns, unsigned count, unsigned first)
{
	FILE *file = made_open(path);

	for (unsigned i = 0; i < count; i++)
		made_add(file, ns[i], first + i, i % 97, 700, 700);
	fclose(file);
}

/* The next entries have these times, counted from the first of them. */
static void
assert_line(struct reader *reader, const uint64_t *line, unsigned count)
{
	struct walk walk = {.timeline = reader_timeline(reader)};

	for (unsigned i = 0; i < count; i++) {
		assert_true(walk_next(&walk));
		assert_int_equal(walk.entry.time_ns, line[i] - line[0]);
	}
	assert_false(walk_next(&walk));
	walk_end(&walk);
	if (count)
		assert_int_equal(reader_timeline(reader)->start_ns, line[0]);
}

/* A clock that is set back, far and by little, and forward too; from everywhere in a file of many pieces. */
static void
keeps_gaps_around_steps(void **state)
{
	char *path = kit_path("steps.pcap");
	struct config_replay replay;
	struct reader_progress progress;
	unsigned steps;

	srand(3);
	file_ns[0] = READER_BASE;
	for (unsigned i = 1; i < MANY; i++) {
		file_ns[i] = file_ns[i - 1] + rand() % 1000;
		if (i % 1000 == 0)
			file_ns[i] -= rand() % 2 ? 65536 * SECOND : 5000;
		if (i % 1700 == 0)
			file_ns[i] += 65536 * SECOND;
	}
	steps = lay_out(file_ns, MANY, line_ns);
	assert_true(steps > 30);
	write_records(path, file_ns, MANY, 0);
	kit_replay(&replay, &path, 1);
	for (unsigned streaming = 0; streaming < 2; streaming++) {
		struct reader *reader;

		replay.memory = streaming ? 8 << 20 : 96 << 20;
		reader = opened(&replay, 1);
		assert_int_equal(reader_timeline(reader)->resident, !streaming);
		assert_line(reader, line_ns, MANY);
		await_finish(reader, &progress);
		assert_int_equal(progress.backwards, steps);
		for (unsigned i = 0; i < 6; i++) {
			unsigned from = (i * 23456 + 999) % MANY;

			seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, from + 1});
			assert_line(reader, line_ns + from, MANY - from);
			seek_to(reader, (struct config_moment){CONFIG_MOMENT_TIME,
							       line_ns[from] - line_ns[0]});
			while (from > 0 && line_ns[from - 1] == line_ns[from])
				from--;
			assert_line(reader, line_ns + from, MANY - from);
		}
		reader_close(reader);
	}
}

/* Merged, each file has its own clock: one that steps does not move the others. */
static void
merges_files_whose_clocks_step(void **state)
{
	static const uint64_t one[] = {100, 200, 50, 60, 70}, other[] = {110, 130, 215, 230, 400};
	/* one: 100, 200, 200, 210, 220 */
	static const uint64_t merged[] = {100, 110, 130, 200, 200, 210, 215, 220, 230, 400};
	char *paths[] = {kit_path("one.pcap"), kit_path("other.pcap")};
	struct config_replay replay;
	struct reader_progress progress;
	struct reader *reader;

	write_records(paths[0], one, 5, 0);
	write_records(paths[1], other, 5, 0);
	kit_replay(&replay, paths, 2);
	reader = opened(&replay, 1);
	assert_line(reader, merged, 10);
	await_finish(reader, &progress);
	assert_int_equal(progress.backwards, 1);
	reader_close(reader);
}

static struct image image;

/* Packets without a time, so many of them before the first that has one. */
static void
write_simple(const char *path, unsigned leading, unsigned timed)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	image_clear(&image, false);
	put_section(&image, 0);
	put_interface(&image, 1, 9, 0);
	for (unsigned i = 0; i < leading; i++) {
		put_simple(&image, 1000, 1000);
		fwrite(image.bytes, image.size, 1, file);
		image.size = 0;
	}
	for (unsigned i = 0; i < timed; i++) {
		put_enhanced(&image, 0, READER_BASE + i * 1000, 60, 60);
		put_simple(&image, 60, 60);
	}
	fwrite(image.bytes, image.size, 1, file);
	fclose(file);
}

/* The first time may lie behind more than the arena holds. */
static void
gives_times_to_records_without(void **state)
{
	static const unsigned leading[] = {0, 1, 3, 20000};
	char *path = kit_path("simple.pcapng");
	struct config_replay replay;

	kit_replay(&replay, &path, 1);
	replay.memory = 8 << 20;
	for (unsigned n = 0; n < sizeof(leading) / sizeof(leading[0]); n++) {
		struct reader_progress progress;
		struct reader *reader;

		for (unsigned i = 0; i < leading[n] + 10; i++)
			line_ns[i] =
				READER_BASE + (i < leading[n] ? 0 : (i - leading[n]) / 2 * 1000);
		write_simple(path, leading[n], 5);
		reader = opened(&replay, 1);
		assert_line(reader, line_ns, leading[n] + 10);
		await_finish(reader, &progress);
		assert_int_equal(progress.backwards, 0);
		assert_int_equal(progress.records, leading[n] + 10);
		seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, leading[n] + 2});
		assert_line(reader, line_ns + leading[n] + 1, 9);
		reader_close(reader);
	}
	/* Nowhere a time: they leave together, at 0. */
	write_simple(path, 5, 0);
	for (unsigned i = 0; i < 5; i++)
		line_ns[i] = 0;
	{
		struct reader *reader = opened(&replay, 1);

		assert_line(reader, line_ns, 5);
		reader_close(reader);
	}
}

/* A file without a time is merged where its first time is. */
static void
merges_records_without(void **state)
{
	char *paths[] = {kit_path("simple.pcapng"), kit_path("timed.pcap")};
	const uint64_t timed[] = {READER_BASE - 5, READER_BASE + 500};
	const uint64_t merged[] = {READER_BASE - 5, READER_BASE, READER_BASE, READER_BASE,
				   READER_BASE + 500};
	struct config_replay replay;
	struct reader *reader;

	write_simple(paths[0], 1, 1);
	write_records(paths[1], timed, 2, 0);
	kit_replay(&replay, paths, 2);
	reader = opened(&replay, 1);
	assert_line(reader, merged, 5);
	reader_close(reader);
}

/* Closing and seeking do not wait for the search of a first time. */
static void
closes_while_it_looks_for_a_time(void **state)
{
	char *path = kit_path("simple.pcapng");
	struct config_replay replay;

	write_simple(path, 20000, 1);
	kit_replay(&replay, &path, 1);
	replay.memory = 8 << 20;
	for (unsigned i = 0; i < 20; i++) {
		struct reader *reader = opened(&replay, 1);

		seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, 2});
		reader_close(reader);
	}
}

static void
put_far(uint64_t seconds)
{
	image_clear(&image, false);
	put_section(&image, 0);
	put_interface(&image, 1, 9, 0);
	put_interface(&image, 1, 9, seconds);
	put_enhanced(&image, 0, 0, 60, 60);
	put_enhanced(&image, 0, 1, 60, 60);
	put_enhanced(&image, 1, 0, 60, 60);
	put_enhanced(&image, 1, 1, 60, 60);
}

static void
refuses_spans_that_no_clock_counts(void **state)
{
	static const uint64_t seconds[] = {9223372036, 9223372037, UINT64_C(1) << 40, INT64_MAX};
	char *path = kit_path("far.pcapng");
	struct config_replay replay;

	kit_replay(&replay, &path, 1);
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t line[] = {0, 1, seconds[0] * SECOND, seconds[0] * SECOND + 1};
		struct reader_progress progress;
		struct reader *reader;
		FILE *file = fopen(path, "wb");

		put_far(seconds[i]);
		fwrite(image.bytes, image.size, 1, file);
		fclose(file);
		reader = opened(&replay, 1);
		assert_line(reader, line, i == 0 ? 4 : 2);
		await_finish(reader, &progress);
		assert_int_equal(progress.error, i == 0 ? 0 : -ERANGE);
		if (i > 0)
			assert_non_null(strstr(progress.reason, "far.pcapng: record 3: its time"));
		reader_close(reader);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_gaps_around_steps),
		cmocka_unit_test(merges_files_whose_clocks_step),
		cmocka_unit_test(gives_times_to_records_without),
		cmocka_unit_test(merges_records_without),
		cmocka_unit_test(closes_while_it_looks_for_a_time),
		cmocka_unit_test(refuses_spans_that_no_clock_counts),
	};

	return cmocka_run_group_tests(tests, reader_setup, kit_teardown);
}
