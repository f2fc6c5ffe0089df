/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A replay's reader of captures that have an index gives what it gives of the same captures without: the same
 * packets at the same times, from wherever it is to begin; and it reads no more than it needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>

#include "eal.h"
#include "reader_kit.h"
#include "sealed_kit.h"

#include "core/banned.h"

#define FILES 3
#define PACKETS 30000 /* of a file: 20 MB */
#define BLOCK 1000    /* packets of a block */
#define LENGTH 700
#define STEP_NS 1000
#define WANTED 20
/* What may be read for it: a block, and what else lies in the pieces that it begins and ends in. */
#define READ_MAX (3u << 20)

struct part {
	unsigned count;
	uint64_t start_ns;
	struct {
		uint64_t time_ns;
		uint8_t bytes[16];
	} packets[WANTED];
	uint64_t skipped, read;
	int error;
};

static char *guided[FILES], *unguided[FILES];

/* Of several workers, whose packets are not in order; and now and then somebody sets the clock. */
static uint64_t
time_of(unsigned file, unsigned number)
{
	uint64_t ns = READER_BASE + (uint64_t)number * FILES * STEP_NS + file * STEP_NS;

	if (number % 3 == 2)
		ns -= 4 * FILES * STEP_NS;
	if (number % 7001 == 7000)
		ns -= 900 * FILES * STEP_NS;
	return ns;
}

/* In each other, or (apart) one behind the other as they are when a capture is rotated. */
static void
write_files(bool apart, unsigned tail)
{
	for (unsigned file = 0; file < FILES; file++) {
		uint64_t since = apart ? (uint64_t)file * PACKETS * FILES * STEP_NS : 0;
		struct sealed sealed;

		sealed_open(&sealed, guided[file]);
		sealed.number = file << 20;
		for (unsigned i = 0; i < PACKETS; i++) {
			sealed_add(&sealed, time_of(file, i) + since, LENGTH);
			if (i % BLOCK == BLOCK - 1 && i < PACKETS - tail)
				sealed_end_block(&sealed);
		}
		sealed_add_statistics(&sealed);
		sealed_close(&sealed);
	}
}

static int
begin(void **state)
{
	static char names[2 * FILES][KIT_PATH_MAX];

	test_eal_start();
	if (kit_setup(state) != 0)
		return -1;
	for (unsigned i = 0; i < FILES; i++) {
		guided[i] = names[i];
		unguided[i] = names[FILES + i];
		snprintf(guided[i], KIT_PATH_MAX, "%s/a%u.pcapng", kit_directory, i);
		snprintf(unguided[i], KIT_PATH_MAX, "%s/b%u.pcapng", kit_directory, i);
	}
	write_files(false, 0);
	for (unsigned i = 0; i < FILES; i++)
		assert_int_equal(link(guided[i], unguided[i]), 0);
	return 0;
}

static void
walk_part(struct reader *reader, struct part *part)
{
	struct timeline *timeline = reader_timeline(reader);
	struct walk walk = {.timeline = timeline};
	struct reader_progress progress;

	memset(part, 0, sizeof(*part));
	while (walk_next(&walk)) {
		assert_true(part->count < WANTED);
		part->packets[part->count].time_ns = walk.entry.time_ns;
		memcpy(part->packets[part->count++].bytes, timeline->arena + walk.entry.offset, 16);
	}
	walk_end(&walk);
	await_finish(reader, &progress);
	part->start_ns = timeline->start_ns;
	part->skipped = progress.skipped;
	part->read = progress.bytes;
	part->error = progress.error;
}

static struct config_moment
moment_of(bool timed, uint64_t value)
{
	return (struct config_moment){timed ? CONFIG_MOMENT_TIME : CONFIG_MOMENT_PACKET, value};
}

/* Some packets from a moment on, of a reader that has not read anything, or (sought) one that began
 * elsewhere. */
static void
read_part(char **paths, unsigned count, uint64_t memory, struct config_moment moment, bool sought,
	  struct part *part)
{
	struct config_replay replay;
	struct reader *reader;

	kit_replay(&replay, paths, count);
	replay.memory = memory;
	if (!sought)
		replay.from = moment;
	replay.until = moment;
	replay.until.value +=
		moment.kind == CONFIG_MOMENT_TIME ? (WANTED - 5) * STEP_NS * FILES / count : WANTED;
	reader = opened(&replay, 1);
	if (sought)
		seek_to(reader, moment);
	walk_part(reader, part);
	reader_close(reader);
}

static void
assert_same(const struct part *one, const struct part *other)
{
	assert_int_equal(one->count, other->count);
	assert_int_equal(one->start_ns, other->start_ns);
	assert_int_equal(one->skipped, other->skipped);
	assert_int_equal(one->error, other->error);
	assert_memory_equal(one->packets, other->packets, sizeof(one->packets));
}

/* In each of so many files, by numbers and by times. */
static void
assert_parts(unsigned files, uint64_t memory, uint64_t most)
{
	static const unsigned wanted[] = {1, 1000, 1001, 7002, 9999, 20001, 29990, 30001};
	struct part with, without;

	for (unsigned i = 0; i < 4 * sizeof(wanted) / sizeof(wanted[0]); i++) {
		uint64_t value = (uint64_t)wanted[i / 4] * files - i % 3;
		struct config_moment moment =
			moment_of(i & 1, i & 1 ? value * STEP_NS * (FILES / files) : value);

		if (value == 0)
			continue;
		read_part(unguided, files, memory, moment, i & 2, &without);
		read_part(guided, files, memory, moment, i & 2, &with);
		assert_same(&with, &without);
		if (with.count)
			assert_in_range(with.read, 1, most * files);
	}
}

static void
begins_where_it_would_without(void **state)
{
	write_files(false, 0);
	assert_parts(1, 8 << 20, READ_MAX);
	assert_parts(1, 96 << 20, READ_MAX);
	assert_parts(FILES, 24 << 20, READ_MAX);
}

/* What was rotated: all files but one are passed over, or not begun. */
static void
begins_in_the_file_it_is_in(void **state)
{
	struct part with, without;

	write_files(true, 0);
	for (unsigned number = 1; number < FILES * PACKETS; number += 4999) {
		read_part(unguided, FILES, 24 << 20, moment_of(false, number), number & 1,
			  &without);
		read_part(guided, FILES, 24 << 20, moment_of(false, number), number & 1, &with);
		assert_same(&with, &without);
		assert_in_range(with.read, 1, READ_MAX);
	}
}

/* What was not sealed when the file was opened is read, as it is without an index. */
static void
goes_on_behind_the_last_seal(void **state)
{
	write_files(false, 2500);
	assert_parts(1, 8 << 20, READ_MAX + (3u << 20));
	assert_parts(FILES, 24 << 20, UINT32_MAX);
}

static void
copy_index(unsigned from, unsigned to, size_t size, size_t damage)
{
	static uint8_t bytes[INDEX_HEADER_SIZE + PACKETS / BLOCK * INDEX_ROW_SIZE];
	char name[KIT_PATH_MAX];
	FILE *file;

	assert_true(index_name(guided[from], name, sizeof(name)));
	file = fopen(name, "rb");
	assert_int_equal(fread(bytes, 1, sizeof(bytes), file), sizeof(bytes));
	fclose(file);
	assert_true(index_name(guided[to], name, sizeof(name)));
	file = fopen(name, "wb");
	if (damage)
		bytes[damage] ^= 8;
	fwrite(bytes, 1, size < sizeof(bytes) ? size : sizeof(bytes), file);
	fclose(file);
}

static uint64_t
read_of(unsigned file)
{
	struct part with, without;

	read_part(unguided + file, 1, 8 << 20, moment_of(false, 25001), false, &without);
	read_part(guided + file, 1, 8 << 20, moment_of(false, 25001), false, &with);
	assert_same(&with, &without);
	return with.read;
}

static void
believes_no_index_but_its_own(void **state)
{
	static const size_t cuts[] = {0, 1, 31, 32, 33, 95, 96, 97, 1000, 1700};
	static const size_t damages[] = {3, 9, 20, 33, 100, 1200};

	write_files(false, 0);
	assert_true(read_of(1) < READ_MAX);
	/* Another's, whose head is the same and whose blocks end where these do. */
	copy_index(0, 1, SIZE_MAX, 0);
	assert_true(read_of(1) > 16 << 20);
	for (unsigned i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		copy_index(2, 1, cuts[i], 0);
		assert_true(read_of(1) > 16 << 20);
	}
	/* As far as it goes it is its own: here not far. */
	for (unsigned i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		write_files(false, 0);
		copy_index(1, 1, SIZE_MAX, damages[i]);
		assert_true(read_of(1) > 2 << 20);
	}
	for (unsigned i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		write_files(false, 0);
		copy_index(1, 1, cuts[i], 0);
		assert_true((read_of(1) < READ_MAX) == (cuts[i] > 1650));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_where_it_would_without),
		cmocka_unit_test(begins_in_the_file_it_is_in),
		cmocka_unit_test(goes_on_behind_the_last_seal),
		cmocka_unit_test(believes_no_index_but_its_own),
	};

	return cmocka_run_group_tests(tests, begin, kit_teardown);
}
