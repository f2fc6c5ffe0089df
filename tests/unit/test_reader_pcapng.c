/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers and pcapng files whose sections and interfaces change all along: wherever a reader goes on, it must
 * know those that hold there.
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

#define PACKETS 24000
#define SECTION_PACKETS 250
#define LENGTH 1000
/* The interfaces of a section: by their number in it. */
static const struct {
	uint8_t resolution;
	int64_t offset;
} kinds[] = {{6, 0}, {9, 0}, {9, 1600000000}, {6, -5}, {3, 0}};

static struct image image;
static struct seen_record records[PACKETS];
static struct seen_record *pointers[PACKETS];

/* Milliseconds are the coarsest. */
static void
put_numbered(unsigned number, unsigned kind, unsigned interface)
{
	uint64_t ns = READER_BASE + number / 3 * 1000000ull;
	uint64_t ticks = ns - kinds[kind].offset * 1000000000ull;

	for (unsigned digits = kinds[kind].resolution; digits < 9; digits++)
		ticks /= 10;
	put_enhanced(&image, interface, ticks, LENGTH, LENGTH + number % 2);
	memcpy(image.bytes + image.block + 28, &number, sizeof(number));
	records[number] = (struct seen_record){
		.ns = ns,
		.wire = LENGTH + number % 2,
		.kept = LENGTH,
		.bytes = malloc(LENGTH),
	};
	memcpy(records[number].bytes, image.bytes + image.block + 28, LENGTH);
	pointers[number] = &records[number];
}

static void
make(const char *path)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	for (unsigned section = 0; section * SECTION_PACKETS < PACKETS; section++) {
		unsigned interfaces = 0;

		image_clear(&image, section % 3 == 1);
		put_section(&image, 0);
		for (unsigned i = 0; i < SECTION_PACKETS; i++) {
			unsigned number = section * SECTION_PACKETS + i;
			unsigned interface;

			if (i % 40 == 0) {
				unsigned kind = (section + interfaces++) % 5;

				put_interface(&image, 1, kinds[kind].resolution,
					      kinds[kind].offset);
			}
			interface = i % interfaces;
			put_numbered(number, (section + interface) % 5, interface);
			if (i % 100 == 7)
				put_unknown(&image, 0x0bad, 50);
		}
		/* Longer than a block of the arena, twice. */
		if (section % 40 == 20) {
			put_unknown(&image, 0x0bad, 3 << 20);
			fwrite(image.bytes, image.size, 1, file);
			image.size = 0;
			put_unknown(&image, 0x40000bad, 3 << 20);
		}
		fwrite(image.bytes, image.size, 1, file);
	}
	fclose(file);
}

static void
goes_on_anywhere(void **state)
{
	char *path = kit_path("sections.pcapng");
	struct config_replay replay;

	make(path);
	kit_replay(&replay, &path, 1);
	replay.truncated = CONFIG_TRUNCATED_PAD;
	replay.gap_given = true;
	for (unsigned megabytes = 8; megabytes <= 96; megabytes += 88) {
		struct reader_progress progress;
		struct reader *reader;

		replay.memory = megabytes << 20;
		replay.from.kind = CONFIG_MOMENT_NONE;
		replay.loops = 2;
		reader = opened(&replay, 1);
		assert_int_equal(reader_timeline(reader)->resident, megabytes > 8);
		assert_records(reader, pointers, PACKETS, 2,
			       records[PACKETS - 1].ns - records[0].ns);
		await_finish(reader, &progress);
		assert_string_equal(progress.reason, "");
		assert_int_equal(progress.truncated, PACKETS / 2);
		for (unsigned i = 1; i < 12; i++) {
			unsigned number = i * 54321u % PACKETS;

			seek_to(reader, (struct config_moment){CONFIG_MOMENT_PACKET, number + 1});
			assert_records(reader, pointers + number, PACKETS - number, 2,
				       records[PACKETS - 1].ns - records[number].ns);
			reader_progress(reader, &progress);
			assert_true(progress.records < 2 * (PACKETS - number + 2 * 2200));
		}
		reader_close(reader);

		replay.loops = 5;
		replay.from = (struct config_moment){CONFIG_MOMENT_PACKET, 20001};
		reader = opened(&replay, 1);
		assert_records(reader, pointers + 20000, PACKETS - 20000, 5,
			       records[PACKETS - 1].ns - records[20000].ns);
		reader_close(reader);
	}
	for (unsigned i = 0; i < PACKETS; i++)
		free(records[i].bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on_anywhere),
	};

	return cmocka_run_group_tests(tests, reader_setup, kit_teardown);
}
