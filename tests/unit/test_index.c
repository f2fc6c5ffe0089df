/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format_kit.h"
#include "index_image.h"

#include "core/banned.h"

static struct capture capture, other;

static struct index
parse_index(const uint8_t *bytes, size_t size)
{
	const char *reason;
	struct index index;

	assert_int_equal(index_parse(&index, bytes, size, &reason), 0);
	return index;
}

static bool
is_sealed(const struct index *index, uint64_t number, const struct image *image)
{
	uint64_t end = index_row(index, number).end;
	uint64_t size = end < INDEX_SEAL_MAX ? end : INDEX_SEAL_MAX;
	uint8_t *bytes;
	bool sealed;

	if (end > image->size)
		return false;
	bytes = exactly(image->bytes + end - size, size);
	sealed = index_is_sealed(index, number, bytes, size);
	free(bytes);
	return sealed;
}

static int
begin(void **state)
{
	write_capture(&capture, 1000000, 4);
	write_capture(&other, 1000001, 4);
	return 0;
}

static void
others_pass_seals_over(void **state)
{
	for (uint32_t align = 4; align <= INDEX_ALIGN_MAX; align *= 4) {
		struct parsed parsed;

		write_capture(&other, 5, align);
		parsed = parse(other.image.bytes, other.image.size, 0);
		must(parsed.records != NULL);
		assert_int_equal(parsed.ret, 0);
		assert_int_equal(parsed.count, RECORDS);
		for (unsigned i = 0; i < RECORDS; i++)
			assert_int_equal(parsed.records[i].time_ns, other.raw_ns[i]);
		parsed_free(&parsed);
	}
	write_capture(&other, 1000001, 4);
}

static void
seals_fill_blocks_up(void **state)
{
	for (uint64_t at = 0; at < 3 * INDEX_ALIGN_MAX; at += 4) {
		for (uint32_t align = 4; align <= INDEX_ALIGN_MAX; align *= 2) {
			uint32_t size = index_seal_size(at, align);

			assert_int_equal((at + size) % align, 0);
			assert_in_range(size, INDEX_SEAL_MIN, INDEX_SEAL_MIN + align - 1);
		}
	}
}

/* What a reader does that begins behind a row. */
static void
assert_goes_on(const struct index *index, uint64_t number)
{
	struct index_row row = index_row(index, number);
	struct format format = {0};
	struct format_record record;
	size_t at = row.end;
	size_t begun = format_begin(&format, capture.image.bytes, index->head);

	assert_int_equal(
		format_next(&format, capture.image.bytes, index->head, false, &begun, &record), 0);
	assert_int_equal(begun, index->head);
	for (uint64_t i = row.packets; i < RECORDS; i++) {
		assert_int_equal(format_next(&format, capture.image.bytes, capture.image.size, true,
					     &at, &record),
				 1);
		assert_int_equal(record.time_ns, capture.raw_ns[i]);
		assert_int_equal(record.length, 20 + i);
	}
	assert_int_equal(
		format_next(&format, capture.image.bytes, capture.image.size, true, &at, &record),
		0);
	format_end(&format);
}

static void
a_row_says_what_is_before_it(void **state)
{
	struct index index = parse_index(capture.index, sizeof(capture.index));
	uint64_t bytes = 0;

	assert_int_equal(index.count, BLOCKS);
	assert_int_equal(index.head, capture.head);
	assert_true(index_has_head(&index, capture.image.bytes));
	for (uint64_t number = 0; number < BLOCKS; number++) {
		struct index_row row = index_row(&index, number);
		uint64_t last = (number + 1) * PACKETS - 1, earliest = UINT64_MAX, latest = 0;

		for (uint64_t i = last + 1 - PACKETS; i <= last; i++) {
			uint64_t ns = capture.raw_ns[i];

			earliest = ns < earliest ? ns : earliest;
			latest = ns > latest ? ns : latest;
			bytes += 20 + i;
		}
		assert_int_equal(row.packets, last + 1);
		assert_int_equal(row.bytes, bytes);
		assert_int_equal(row.earliest_ns, earliest);
		assert_int_equal(row.latest_ns, latest);
		assert_int_equal(row.raw_ns, capture.raw_ns[last]);
		assert_int_equal(row.line_ns, capture.line_ns[last]);
		assert_true(is_sealed(&index, number, &capture.image));
		assert_goes_on(&index, number);
	}
	assert_int_equal(index_row(&index, BLOCKS - 1).end, capture.image.size);
}

static void
seeks_find_the_last_row_before(void **state)
{
	struct index index = parse_index(capture.index, sizeof(capture.index));

	assert_int_equal(index_seek_packet(&index, 0), 0);
	assert_int_equal(index_seek_line(&index, 0), 0);
	assert_int_equal(index_seek_packet(&index, UINT64_MAX), BLOCKS);
	assert_int_equal(index_seek_line(&index, UINT64_MAX), BLOCKS);
	for (uint64_t packet = 1; packet <= RECORDS; packet++)
		assert_int_equal(index_seek_packet(&index, packet), (packet - 1) / PACKETS);
	for (unsigned i = 0; i < RECORDS; i++) {
		uint64_t before = index_seek_line(&index, capture.line_ns[i]);

		assert_true(before == 0 ||
			    capture.line_ns[before * PACKETS - 1] < capture.line_ns[i]);
		assert_true(before == BLOCKS ||
			    capture.line_ns[(before + 1) * PACKETS - 1] >= capture.line_ns[i]);
	}
}

static void
a_torn_row_is_not_there(void **state)
{
	for (size_t size = 0; size <= sizeof(capture.index); size++) {
		uint8_t *cut = exactly(capture.index, size);
		const char *reason;
		struct index index;
		int ret = index_parse(&index, cut, size, &reason);

		assert_int_equal(ret, size < INDEX_HEADER_SIZE ? -EINVAL : 0);
		if (ret == 0)
			assert_int_equal(index.count, (size - INDEX_HEADER_SIZE) / INDEX_ROW_SIZE);
		free(cut);
	}
}

/* Zeros behind the last row, as a crash may leave them, are not there either. */
static void
damage_ends_the_rows(void **state)
{
	uint8_t bytes[sizeof(capture.index) + 3 * INDEX_ROW_SIZE] = {0};

	memcpy(bytes, capture.index, sizeof(capture.index));
	assert_int_equal(parse_index(bytes, sizeof(bytes)).count, BLOCKS);
	for (size_t bit = 0; bit < 8 * sizeof(capture.index); bit++) {
		size_t at = bit / 8;
		const char *reason;
		struct index index;
		int ret;

		bytes[at] ^= 1 << bit % 8;
		ret = index_parse(&index, bytes, sizeof(bytes), &reason);
		if (at < INDEX_HEADER_SIZE)
			assert_int_equal(ret, -EINVAL);
		else
			assert_int_equal(index.count, (at - INDEX_HEADER_SIZE) / INDEX_ROW_SIZE);
		bytes[at] ^= 1 << bit % 8;
	}
}

static void
another_captures_index_is_found_out(void **state)
{
	struct index index = parse_index(other.index, sizeof(other.index));

	/* The heads are the same, and so is where blocks end. */
	assert_true(index_has_head(&index, capture.image.bytes));
	for (uint64_t number = 0; number < BLOCKS; number++) {
		assert_int_equal(index_row(&index, number).packets, (number + 1) * PACKETS);
		assert_false(is_sealed(&index, number, &capture.image));
		assert_true(is_sealed(&index, number, &other.image));
	}
}

/* Times of a block in the middle, and all digests behind it as they would have to be. */
static void
a_made_up_row_is_found_out(void **state)
{
	static struct capture made;
	struct index index;

	for (unsigned wrong = 0; wrong < BLOCKS; wrong++) {
		struct index_writer writer;
		uint8_t seal[INDEX_SEAL_MAX];

		index_begin(&writer, capture.image.bytes, capture.head, made.index);
		index = parse_index(capture.index, sizeof(capture.index));
		for (unsigned block = 0, number = 0; block < BLOCKS; block++) {
			uint64_t at = index_row(&index, block).end - INDEX_SEAL_MIN;

			for (unsigned i = 0; i < PACKETS; i++, number++)
				index_packet(&writer, capture.raw_ns[number],
					     20 + number + (block == wrong && i == 0));
			index_seal(&writer, at, seal, INDEX_SEAL_MIN,
				   made.index + INDEX_HEADER_SIZE + block * INDEX_ROW_SIZE);
		}
		index = parse_index(made.index, sizeof(made.index));
		assert_int_equal(index.count, BLOCKS);
		for (uint64_t number = 0; number < BLOCKS; number++)
			assert_true(is_sealed(&index, number, &capture.image) == (number < wrong));
	}
}

static void
another_head_is_found_out(void **state)
{
	struct index index = parse_index(capture.index, sizeof(capture.index));
	uint8_t *head = exactly(capture.image.bytes, capture.head);

	for (size_t bit = 0; bit < 8 * (size_t)capture.head; bit++) {
		head[bit / 8] ^= 1 << bit % 8;
		assert_false(index_has_head(&index, head));
		head[bit / 8] ^= 1 << bit % 8;
	}
	assert_true(index_has_head(&index, head));
	free(head);
}

static void
bytes_that_are_no_seal_are_refused(void **state)
{
	struct index index = parse_index(capture.index, sizeof(capture.index));
	uint64_t end = index_row(&index, 3).end;
	uint8_t *bytes = exactly(capture.image.bytes + end - INDEX_SEAL_MIN, INDEX_SEAL_MIN);

	assert_true(index_is_sealed(&index, 3, bytes, INDEX_SEAL_MIN));
	for (size_t bit = 0; bit < 8 * (size_t)INDEX_SEAL_MIN; bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		assert_false(index_is_sealed(&index, 3, bytes, INDEX_SEAL_MIN));
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	for (size_t size = 0; size < INDEX_SEAL_MIN; size++)
		assert_false(index_is_sealed(&index, 3, bytes + INDEX_SEAL_MIN - size, size));
	free(bytes);
}

static void
names_stand_beside_captures(void **state)
{
	char out[25];

	assert_true(index_name("/d/a-000001.pcapng", out, sizeof(out)));
	assert_string_equal(out, "/d/a-000001.pcapng.index");
	assert_true(index_name("b.pcapng.part", out, sizeof(out)));
	assert_string_equal(out, "b.pcapng.index");
	assert_false(index_name("/data/a-0000001.pcapng", out, sizeof(out)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_pass_seals_over),
		cmocka_unit_test(seals_fill_blocks_up),
		cmocka_unit_test(a_row_says_what_is_before_it),
		cmocka_unit_test(seeks_find_the_last_row_before),
		cmocka_unit_test(a_torn_row_is_not_there),
		cmocka_unit_test(damage_ends_the_rows),
		cmocka_unit_test(another_captures_index_is_found_out),
		cmocka_unit_test(a_made_up_row_is_found_out),
		cmocka_unit_test(another_head_is_found_out),
		cmocka_unit_test(bytes_that_are_no_seal_are_refused),
		cmocka_unit_test(names_stand_beside_captures),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
