/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a packet that changed: which bytes, and by which fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frames.h"
#include "match/changes.h"

#include "core/banned.h"

static const struct frame_words tcp = {"10.0.0.1", "10.0.0.2", 1000, 80, 6,
				       7,          4711,       64,   0,  "GET /"};

static struct match_difference difference;

static void
differ(const struct frame *old, const struct frame *new)
{
	match_differ(old->bytes, old->length, new->bytes, new->length, &difference);
}

static void
each_byte_has_its_field(void **state)
{
	static const struct {
		unsigned at;
		enum match_field field;
	} all[] = {
		{0, MATCH_FIELD_MAC},          {11, MATCH_FIELD_MAC},
		{15, MATCH_FIELD_DSCP},        {19, MATCH_FIELD_IDENTIFICATION},
		{22, MATCH_FIELD_TTL},         {24, MATCH_FIELD_CHECKSUM},
		{26, MATCH_FIELD_ADDRESSES},   {33, MATCH_FIELD_ADDRESSES},
		{34, MATCH_FIELD_PORTS},       {37, MATCH_FIELD_PORTS},
		{38, MATCH_FIELD_TCP},         {47, MATCH_FIELD_TCP},
		{50, MATCH_FIELD_L4_CHECKSUM}, {52, MATCH_FIELD_TCP},
		{54, MATCH_FIELD_PAYLOAD},     {58, MATCH_FIELD_PAYLOAD},
	};
	struct frame a = frame_make(&tcp);

	differ(&a, &a);
	assert_int_equal(difference.fields, 0);
	assert_int_equal(difference.ranges, 0);
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct frame b = a;

		b.bytes[all[i].at] ^= 0x40;
		differ(&a, &b);
		assert_int_equal(difference.fields, 1u << all[i].field);
		assert_int_equal(difference.ranges, 1);
		assert_int_equal(difference.range[0].old_at, all[i].at);
		assert_int_equal(difference.range[0].new_at, all[i].at);
		assert_int_equal(difference.bytes, 1);
	}
}

static void
a_tag_is_all_that_differs(void **state)
{
	struct frame_words words = tcp;
	struct frame a = frame_make(&tcp), b;

	words.vlan = 7;
	b = frame_make(&words);
	differ(&a, &b);
	assert_int_equal(difference.fields, 1u << MATCH_FIELD_VLAN);
	assert_int_equal(difference.ranges, 1);
	assert_int_equal(difference.range[0].old_length, 0);
	assert_int_equal(difference.range[0].new_at, 12);
	assert_int_equal(difference.range[0].new_length, 4);
	b.bytes[18 + 8]--;
	frame_ipv4_sum(b.bytes + 18);
	differ(&a, &b);
	assert_int_equal(difference.fields, 1u << MATCH_FIELD_VLAN | 1u << MATCH_FIELD_TTL |
						    1u << MATCH_FIELD_CHECKSUM);
	assert_int_equal(difference.range[1].old_at, 22);
	assert_int_equal(difference.range[1].new_at, 26);
}

static void
a_shorter_one_ends_before(void **state)
{
	struct frame a = frame_make(&tcp), b = a;

	b.length -= 2; /* cut, with the length that it had */
	differ(&a, &b);
	assert_int_equal(difference.fields, 1u << MATCH_FIELD_SIZE);
	assert_int_equal(difference.range[0].old_length, 2);
	assert_int_equal(difference.range[0].new_length, 0);
	/* Padding is none of it. */
	b = a;
	b.length = 64;
	memset(b.bytes + a.length, 9, 5);
	differ(&a, &b);
	assert_int_equal(difference.fields, 0);
}

static void
many_ranges_are_counted_on(void **state)
{
	struct frame a = {{2}, 200}, b;

	frame_16(a.bytes + 12, 0x88b5);
	b = a;
	for (unsigned i = 20; i < 120; i += 2)
		b.bytes[i] = 1;
	differ(&a, &b);
	assert_int_equal(difference.bytes, 50);
	assert_int_equal(difference.ranges, MATCH_RANGES_MAX);
	assert_true(difference.more);
}

static void
the_first_of_each_kind_are_kept(void **state)
{
	static struct match_changes changes;
	struct frame a = frame_make(&tcp);

	for (unsigned i = 0; i < 10; i++) {
		struct frame b = a;
		struct match_example example = {.number = i,
						.old = a.bytes,
						.new = b.bytes,
						.old_length = a.length,
						.new_length = a.length};

		b.bytes[i < 6 ? 22 : 58] ^= 1 + i;
		match_changes_add(&changes, &example);
	}
	assert_int_equal(changes.kinds, 2);
	assert_int_equal(changes.kind[0].packets, 6);
	assert_int_equal(changes.kind[1].packets, 4);
	assert_int_equal(changes.kind[0].examples, MATCH_EXAMPLES_MAX);
	assert_int_equal(changes.kind[1].example[2].number, 8);
	assert_int_equal(changes.kind[1].example[2].new[58], a.bytes[58] ^ 9);
	/* More kinds than are told apart. */
	for (unsigned i = 1; i < 100; i++) {
		struct frame b = a;
		struct match_example example = {.old = a.bytes,
						.new = b.bytes,
						.old_length = a.length,
						.new_length = a.length};

		for (unsigned bit = 0; bit < 7; bit++)
			b.bytes[(unsigned[]){0, 15, 19, 22, 26, 34, 58}[bit]] ^= i >> bit & 1;
		match_changes_add(&changes, &example);
	}
	assert_int_equal(changes.kinds, MATCH_KINDS_MAX);
	assert_true(changes.others > 0);
	match_changes_clear(&changes);
	assert_int_equal(changes.kinds, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_has_its_field),
		cmocka_unit_test(a_tag_is_all_that_differs),
		cmocka_unit_test(a_shorter_one_ends_before),
		cmocka_unit_test(many_ranges_are_counted_on),
		cmocka_unit_test(the_first_of_each_kind_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
